// A WCF service with an operation for each kind of value, names and namespaces as .NET chooses them.
//
//   mono wcf-peer serve URI [DUPLEX-URI]   IPeer at the first URI, IDuplex at the second
using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.Serialization;
using System.ServiceModel;
using System.ServiceModel.Channels;
using System.Threading;

public enum Colour { Red, Green = 5 }

[DataContract(Namespace = "urn:samebox:peer")]
public class Node
{
    [DataMember] public string Name;
    [DataMember] public int Id;
    [DataMember] public List<Node> Children;
    [DataMember] public byte[] Blob;
    // After all members without an order.
    [DataMember(Order = 1)] public double Late;
    [DataMember(EmitDefaultValue = false)] public string Maybe;
}

[DataContract]
public class Detail
{
    [DataMember] public int Code;
    [DataMember] public string Why;
}

[ServiceContract]
public interface IPeer
{
    [OperationContract(IsOneWay = true)] void Send(string data);
    [OperationContract] string Echo(string text);
    [OperationContract] int Add(int a, int b);
    [OperationContract] double EchoDouble(double v);
    [OperationContract] float EchoFloat(float v);
    [OperationContract] bool EchoBool(bool v);
    [OperationContract] long EchoLong(long v);
    [OperationContract] ulong EchoULong(ulong v);
    [OperationContract] decimal EchoDecimal(decimal v);
    [OperationContract] DateTime EchoDate(DateTime v);
    [OperationContract] TimeSpan EchoSpan(TimeSpan v);
    [OperationContract] Guid EchoGuid(Guid v);
    [OperationContract] Colour EchoEnum(Colour v);
    [OperationContract] char EchoChar(char v);
    [OperationContract] int? EchoNullable(int? v);
    [OperationContract] byte[] EchoBytes(byte[] v);
    [OperationContract] int[] EchoInts(int[] v);
    [OperationContract] string[] EchoStrings(string[] v);
    [OperationContract] Dictionary<string, int> EchoMap(Dictionary<string, int> v);
    [OperationContract] Node EchoNode(Node v);
    [OperationContract] void Nothing();
    [OperationContract] void Fail(string why);
    [OperationContract, FaultContract(typeof(Detail))] void FailTyped(int code);
    [OperationContract] void Crash();
    // Any other action. Mono would not answer it.
    [OperationContract(Action = "*", ReplyAction = "*")] Message Unknown(Message message);
}

// What a client of another version may believe that IPeer has.
[ServiceContract(Name = "IPeer")]
public interface IWrong
{
    [OperationContract] string Nope(string text);
}

public interface INotify
{
    [OperationContract(IsOneWay = true)] void Notify(string text);
    [OperationContract] string Confirm(string question);
}

[ServiceContract(CallbackContract = typeof(INotify), SessionMode = SessionMode.Required)]
public interface IDuplex
{
    // Calls Notify twice.
    [OperationContract(IsOneWay = true)] void Subscribe(string tag);
    // Calls Confirm before it replies.
    [OperationContract] string Ask(string text);
}

[ServiceBehavior(InstanceContextMode = InstanceContextMode.Single, ConcurrencyMode = ConcurrencyMode.Multiple)]
class PeerService : IPeer, IDuplex
{
    public void Send(string data) { }
    public string Echo(string text) { return text; }
    public int Add(int a, int b) { return a + b; }
    public double EchoDouble(double v) { return v; }
    public float EchoFloat(float v) { return v; }
    public bool EchoBool(bool v) { return v; }
    public long EchoLong(long v) { return v; }
    public ulong EchoULong(ulong v) { return v; }
    public decimal EchoDecimal(decimal v) { return v; }
    public DateTime EchoDate(DateTime v) { return v; }
    public TimeSpan EchoSpan(TimeSpan v) { return v; }
    public Guid EchoGuid(Guid v) { return v; }
    public Colour EchoEnum(Colour v) { return v; }
    public char EchoChar(char v) { return v; }
    public int? EchoNullable(int? v) { return v; }
    public byte[] EchoBytes(byte[] v) { return v; }
    public int[] EchoInts(int[] v) { return v; }
    public string[] EchoStrings(string[] v) { return v; }
    public Dictionary<string, int> EchoMap(Dictionary<string, int> v) { return v; }
    public Node EchoNode(Node v) { return v; }
    public void Nothing() { }
    public void Fail(string why) { throw new FaultException(why); }
    public void Crash() { throw new InvalidOperationException("server bug"); }

    public void FailTyped(int code)
    {
        throw new FaultException<Detail>(new Detail { Code = code, Why = "typed" }, "typed fault");
    }

    public Message Unknown(Message message)
    {
        const string Addressing = "http://www.w3.org/2005/08/addressing";
        var code = FaultCode.CreateSenderFaultCode("ActionNotSupported", Addressing);
        var reason = new FaultReason("no such action: " + message.Headers.Action);
        return Message.CreateMessage(message.Version, MessageFault.CreateFault(code, reason), Addressing + "/fault");
    }

    static INotify Client { get { return OperationContext.Current.GetCallbackChannel<INotify>(); } }

    public void Subscribe(string tag)
    {
        var client = Client;
        client.Notify(tag + " 1");
        client.Notify(tag + " 2");
    }

    public string Ask(string text) { return text + ":" + Client.Confirm(text + "?"); }
}

[CallbackBehavior(ConcurrencyMode = ConcurrencyMode.Reentrant, UseSynchronizationContext = false)]
class Notified : INotify
{
    public readonly CountdownEvent Twice = new CountdownEvent(2);

    public void Notify(string text)
    {
        Program.Got("Notify", text);
        if (!Twice.IsSet) Twice.Signal();
    }

    public string Confirm(string question)
    {
        Program.Got("Confirm", question);
        return "yes";
    }
}

class PeerContracts : Contracts
{
    const int NotifyMilliseconds = 10000;

    static readonly Node Tree = new Node
    {
        Name = "root",
        Id = 1,
        Late = 2.5,
        Blob = new byte[] { 1, 2, 3 },
        Children = new List<Node> { new Node { Name = "kid \u00e9", Id = -7, Children = new List<Node>(), Maybe = "set" }, null },
    };

    static void Main(string[] args) { Program.Run(new PeerContracts(), args); }

    public override object Service() { return new PeerService(); }

    readonly Contract[] all;
    public override Contract[] All { get { return all; } }

    PeerContracts()
    {
        var notified = new Notified();
        all = new Contract[] {
            new Contract<IPeer>(null, Peer()),
            new Contract<IDuplex>(notified, new Dictionary<string, Func<IDuplex, string, object>> {
                { "subscribe", (p, a) => { p.Subscribe(a ?? "tag"); return notified.Twice.Wait(NotifyMilliseconds); } },
                { "ask", (p, a) => p.Ask(a ?? "q") },
            }),
            new Contract<IWrong>(null, new Dictionary<string, Func<IWrong, string, object>> {
                { "nope", (p, a) => p.Nope("x") },
            }),
        };
    }

    static Dictionary<string, Func<IPeer, string, object>> Peer()
    {
        return new Dictionary<string, Func<IPeer, string, object>> {
            { "send", (p, a) => { p.Send(a ?? "Hello, World!"); return null; } },
            { "send2", (p, a) => { p.Send("first"); p.Send("second"); return null; } },
            { "empty", (p, a) => { p.Send(""); return null; } },
            { "null", (p, a) => { p.Send(null); return null; } },
            { "unicode", (p, a) => { p.Send("h\u00e9llo \u65e5\u672c\u8a9e \U0001F600"); return null; } },
            { "cjk", (p, a) => { p.Send("\u65e5\u672c\u8a9e\u65e5\u672c\u8a9e"); return null; } },
            { "s300", (p, a) => { p.Send(new string('x', 300)); return null; } },
            { "s70000", (p, a) => { p.Send(new string('y', 70000)); return null; } },
            { "echo", (p, a) => p.Echo(a ?? "ping") },
            { "echo2", (p, a) => p.Echo("one") + p.Echo("two") },
            { "echonull", (p, a) => p.Echo(null) },
            { "echolong", (p, a) => p.Echo(new string('z', 70000)) },
            { "add", (p, a) => p.Add(2, 40) },
            { "addbig", (p, a) => p.Add(1000000, -70000) },
            { "double", (p, a) => p.EchoDouble(Math.PI) },
            { "double3", (p, a) => p.EchoDouble(3.0) },
            { "doubles", (p, a) => new[] { double.NaN, double.NegativeInfinity, -0.0, 1e300 }.Select(p.EchoDouble).ToArray() },
            { "float", (p, a) => p.EchoFloat(1.5f) },
            { "bool", (p, a) => p.EchoBool(true) },
            { "long", (p, a) => p.EchoLong(1L << 40) },
            { "ulong", (p, a) => p.EchoULong(ulong.MaxValue) },
            { "decimal", (p, a) => p.EchoDecimal(-12345.678m) },
            { "date", (p, a) => p.EchoDate(new DateTime(2024, 2, 29, 12, 34, 56, 789, DateTimeKind.Utc)) },
            { "datelocal", (p, a) => p.EchoDate(new DateTime(2024, 2, 29, 12, 34, 56, DateTimeKind.Unspecified)) },
            { "span", (p, a) => p.EchoSpan(new TimeSpan(1, 2, 3, 4, 5)) },
            { "guid", (p, a) => p.EchoGuid(new Guid("00112233-4455-6677-8899-aabbccddeeff")) },
            { "enum", (p, a) => p.EchoEnum(Colour.Green) },
            { "char", (p, a) => p.EchoChar('A') },
            { "nullable", (p, a) => new[] { p.EchoNullable(null), p.EchoNullable(7) } },
            { "bytes", (p, a) => p.EchoBytes(Enumerable.Range(0, 1000).Select(i => (byte)i).ToArray()) },
            { "bytes0", (p, a) => p.EchoBytes(new byte[0]) },
            { "ints", (p, a) => p.EchoInts(new[] { 1, -2, 300000 }) },
            { "strings", (p, a) => p.EchoStrings(new[] { "a", null, "" }) },
            { "map", (p, a) => p.EchoMap(new Dictionary<string, int> { { "k", 9 } }) },
            { "node", (p, a) => p.EchoNode(Tree) },
            { "nothing", (p, a) => { p.Nothing(); return null; } },
            { "fail", (p, a) => { p.Fail(a ?? "because"); return null; } },
            { "failtyped", (p, a) => { p.FailTyped(42); return null; } },
            { "crash", (p, a) => { p.Crash(); return null; } },
        };
    }
}
