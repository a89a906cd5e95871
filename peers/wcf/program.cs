// What both WCF programs share: the command line, the binding, the server and the client's session.
//
//   PROGRAM serve URI.. [plain] [streamed]   serves one contract at each URI until its input closes
//   PROGRAM call URI OP[=ARG].. [streamed]   calls the operations in one session
//   PROGRAM operations                       names the operations of each contract, a line for each
//
// A server prints "ready" once clients may come; for each URI with port 0 it prints "port N" before
// that. It prints "got: OPERATION ARGUMENTS" per call that arrives, as a client does for each
// callback. A client prints "result: VALUE" or "error: TYPE: WORDS" for each OP, in their order: a
// fault is an answer too, so it ends with 0 either way. Values are written as text.cs says.
//
// plain: without the changes that make Mono answer as Microsoft's WCF does; see microsoft.cs.
// streamed: TransferMode.Streamed in place of Buffered; no duplex contract goes with that.
//
// Compiles with Mono's mcs, and on Windows with the csc.exe of .NET Framework 4: plain C# 5.
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.ServiceModel;
using System.ServiceModel.Channels;
using System.Text;
using System.Threading;

/// What one program serves and calls.
abstract class Contracts
{
    /// One for each URI of the server, in this order.
    public abstract Contract[] All { get; }

    /// The object that serves all of them.
    public abstract object Service();
}

/// One contract, and the operations of it that can be asked for by name.
abstract class Contract
{
    public abstract Type Type { get; }
    public abstract IEnumerable<string> Operations { get; }
    public abstract IClientChannel Open(Binding binding, string uri);
    public abstract object Call(IClientChannel channel, string operation, string argument);
}

class Contract<T> : Contract where T : class
{
    readonly object callback;
    readonly Dictionary<string, Func<T, string, object>> operations;

    /// A callback object makes it a duplex contract.
    public Contract(object callback, Dictionary<string, Func<T, string, object>> operations)
    {
        this.callback = callback;
        this.operations = operations;
    }

    public override Type Type { get { return typeof(T); } }

    public override IEnumerable<string> Operations { get { return operations.Keys; } }

    public override IClientChannel Open(Binding binding, string uri)
    {
        var address = new EndpointAddress(uri);
        if (callback == null) return (IClientChannel)new ChannelFactory<T>(binding, address).CreateChannel();
        var context = new InstanceContext(callback);
        return (IClientChannel)new DuplexChannelFactory<T>(context, binding, address).CreateChannel();
    }

    public override object Call(IClientChannel channel, string operation, string argument)
    {
        return operations[operation]((T)(object)channel, argument);
    }
}

static class Program
{
    const int MaxBytes = 1 << 24;
    // Mono's Close of a session waits for an end that the other side may never say.
    const int CloseMilliseconds = 500;
    const int Sessions = 64;

    static readonly TextWriter Output = TextWriter.Synchronized(
        new StreamWriter(Console.OpenStandardOutput(), new UTF8Encoding(false)) { AutoFlush = true, NewLine = "\n" });

    public static void Say(string line) { Output.WriteLine(line); }

    public static void Got(string operation, params object[] arguments)
    {
        Say("got: " + string.Join(" ", new[] { operation }.Concat(arguments.Select(Text.Of))));
    }

    /// The whole of a Main.
    public static void Run(Contracts contracts, string[] args)
    {
        // Threads of WCF would keep the program alive.
        Environment.Exit(Try(contracts, args));
    }

    static int Try(Contracts contracts, string[] args)
    {
        bool plain = args.Contains("plain"), streamed = args.Contains("streamed");
        args = args.Where(word => word != "plain" && word != "streamed").ToArray();
        try
        {
            switch (args.Length > 0 ? args[0] : "")
            {
                case "serve": return args.Length > 1 ? Serve(contracts, args.Skip(1).ToArray(), plain, streamed) : Usage();
                case "call": return args.Length > 2 ? Call(contracts, args[1], args.Skip(2), streamed) : Usage();
                case "operations":
                    foreach (var contract in contracts.All) Say(string.Join(" ", contract.Operations));
                    return 0;
                default: return Usage();
            }
        }
        catch (Exception e)
        {
            Console.Error.WriteLine("error: " + e);
            return 1;
        }
    }

    static int Usage()
    {
        Console.Error.WriteLine("usage: serve URI.. [plain] [streamed] | call URI OP[=ARG].. [streamed] | operations");
        return 2;
    }

    static Binding BindingFor(string uri, bool streamed)
    {
        var mode = streamed ? TransferMode.Streamed : TransferMode.Buffered;
        if (uri.StartsWith("net.pipe:"))
        {
            var pipe = new NetNamedPipeBinding(NetNamedPipeSecurityMode.None);
            pipe.TransferMode = mode;
            pipe.MaxReceivedMessageSize = pipe.MaxBufferSize = MaxBytes;
            Raise(pipe.ReaderQuotas);
            return pipe;
        }
        var tcp = new NetTcpBinding(SecurityMode.None);
        tcp.TransferMode = mode;
        tcp.MaxReceivedMessageSize = tcp.MaxBufferSize = MaxBytes;
        Raise(tcp.ReaderQuotas);
        return tcp;
    }

    static void Raise(System.Xml.XmlDictionaryReaderQuotas quotas)
    {
        quotas.MaxStringContentLength = quotas.MaxArrayLength = quotas.MaxBytesPerRead = MaxBytes;
    }

    static int Serve(Contracts contracts, string[] uris, bool plain, bool streamed)
    {
        // Each session of Mono keeps a thread, and its pool is slow to make another.
        ThreadPool.SetMinThreads(Sessions, Sessions);
        object service = contracts.Service();
        for (int i = 0; i < uris.Length; i++) Open(service, contracts.All[i].Type, uris[i], plain, streamed);
        Say("ready");
        while (Console.In.Read() >= 0) { }
        return 0;
    }

    // One host for each: Mono cannot share a port between two endpoints.
    static void Open(object service, Type contract, string uri, bool plain, bool streamed)
    {
        bool free = new Uri(uri).Port == 0;
        for (int attempts = 10; ; attempts--)
        {
            string address = free ? OnFreePort(uri) : uri;
            var host = new ServiceHost(service);
            var endpoint = host.AddServiceEndpoint(contract, BindingFor(uri, streamed), address);
            foreach (var operation in endpoint.Contract.Operations)
                operation.Behaviors.Add(new SayWhatArrives(operation.Name));
            if (!plain) host.Description.Behaviors.Add(new LikeMicrosoft());
            try
            {
                host.Open();
                if (free) Say("port " + new Uri(address).Port);
                return;
            }
            catch (Exception)
            {
                // Somebody else may have taken the port meanwhile.
                host.Abort();
                if (!free || attempts == 0) throw;
            }
        }
    }

    static string OnFreePort(string uri)
    {
        var probe = new TcpListener(IPAddress.Any, 0);
        probe.Start();
        var free = new UriBuilder(uri) { Port = ((IPEndPoint)probe.LocalEndpoint).Port };
        probe.Stop();
        return free.Uri.ToString();
    }

    static int Call(Contracts contracts, string uri, IEnumerable<string> requests, bool streamed)
    {
        // All stay open to the end: Mono's server now and then loses one that begins while another ends.
        var sessions = new Dictionary<Contract, IClientChannel>();
        foreach (string request in requests)
        {
            string[] parts = request.Split(new[] { '=' }, 2);
            var contract = contracts.All.FirstOrDefault(one => one.Operations.Contains(parts[0]));
            if (contract == null) throw new ArgumentException("no operation " + parts[0]);
            try
            {
                IClientChannel session;
                // A fault that nobody declared may end it.
                if (!sessions.TryGetValue(contract, out session) || session.State != CommunicationState.Opened)
                    sessions[contract] = session = contract.Open(BindingFor(uri, streamed), uri);
                Say("result: " + Text.Of(contract.Call(session, parts[0], parts.Length > 1 ? parts[1] : null)));
            }
            catch (Exception e)
            {
                Say("error: " + Text.OfError(e));
            }
        }
        foreach (var session in sessions.Values) Close(session);
        return 0;
    }

    static void Close(IClientChannel session)
    {
        var closing = new Thread(() => TryToClose(session)) { IsBackground = true };
        closing.Start();
        closing.Join(CloseMilliseconds);
    }

    static void TryToClose(IClientChannel session)
    {
        try { session.Close(); }
        catch (Exception) { session.Abort(); }
    }
}
