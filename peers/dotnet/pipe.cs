// A named pipe as a C# programmer writes it: System.IO.Pipes and nothing else.
//
//   pipe server NAME COUNT         one NamedPipeServerStream per message, read to its end
//   pipe current-user NAME COUNT   the same with PipeOptions.CurrentUserOnly
//   pipe lines NAME COUNT          reads lines until the client closes
//   pipe echo NAME COUNT           answers each line with "echo:" and the line
//   pipe frame-server NAME COUNT   reads frames (length, then UTF-8) until the client closes
//   pipe client NAME TEXT..        one connection per TEXT, StreamWriter.WriteLine
//   pipe call NAME TEXT..          one connection: writes a line, prints the line that comes back
//   pipe frames NAME TEXT..        one connection: one frame per TEXT
//
// COUNT is how many connections a server takes before it ends. A server prints "ready" once its
// name exists, then "got: TEXT" per message. An error goes to stderr and ends with 1.
using System;
using System.IO;
using System.IO.Pipes;
using System.Text;

static class PipePeer
{
    // Mono and .NET Framework have no name for it.
    const PipeOptions CurrentUserOnly = (PipeOptions)0x20000000;
    const int ConnectMilliseconds = 5000;

    static void Main(string[] args)
    {
        // To return from Main is not enough on Mono: now and then its thread pool does not let it end.
        Environment.Exit(Try(args));
    }

    static int Try(string[] args)
    {
        if (args.Length < 3)
        {
            Console.Error.WriteLine("usage: pipe MODE NAME COUNT|TEXT..");
            return 2;
        }
        try
        {
            return Run(args[0], args[1], args);
        }
        catch (Exception e)
        {
            Console.Error.WriteLine("error: " + e.GetType().Name + ": " + e.Message);
            return 1;
        }
    }

    static int Run(string mode, string name, string[] args)
    {
        string[] texts = new string[args.Length - 2];
        Array.Copy(args, 2, texts, 0, texts.Length);
        switch (mode)
        {
            case "server": ServePerMessage(name, int.Parse(args[2]), PipeOptions.None); break;
            case "current-user": ServePerMessage(name, int.Parse(args[2]), CurrentUserOnly); break;
            case "lines": ServeConnections(name, int.Parse(args[2]), ReadLines); break;
            case "echo": ServeConnections(name, int.Parse(args[2]), EchoLines); break;
            case "frame-server": ServeConnections(name, int.Parse(args[2]), ReadFrames); break;
            case "client": SendPerConnection(name, texts); break;
            case "call": Call(name, texts); break;
            case "frames": SendFrames(name, texts); break;
            default: Console.Error.WriteLine("unknown mode " + mode); return 2;
        }
        return 0;
    }

    // The usual loop. On Unix it drops whoever connected between two rounds.
    static void ServePerMessage(string name, int count, PipeOptions options)
    {
        for (int i = 0; i < count; i++)
        {
            using (var pipe = new NamedPipeServerStream(name, PipeDirection.In, 1, PipeTransmissionMode.Byte, options))
            {
                if (i == 0) Say("ready");
                pipe.WaitForConnection();
                using (var reader = new StreamReader(pipe)) Say("got: " + reader.ReadToEnd().TrimEnd());
            }
        }
    }

    // The other usual loop: one stream for life, so nobody is dropped between two clients.
    static void ServeConnections(string name, int count, Action<Stream> serve)
    {
        using (var pipe = new NamedPipeServerStream(name, PipeDirection.InOut))
        {
            Say("ready");
            for (int i = 0; i < count; i++)
            {
                pipe.WaitForConnection();
                serve(pipe);
                pipe.Disconnect();
            }
        }
    }

    static void ReadLines(Stream pipe)
    {
        var reader = new StreamReader(pipe);
        string line;
        while ((line = reader.ReadLine()) != null) Say("got: " + line);
    }

    static void EchoLines(Stream pipe)
    {
        var reader = new StreamReader(pipe);
        var writer = new StreamWriter(pipe) { AutoFlush = true };
        string line;
        while ((line = reader.ReadLine()) != null)
        {
            Say("got: " + line);
            writer.WriteLine("echo:" + line);
        }
    }

    static void ReadFrames(Stream pipe)
    {
        var reader = new BinaryReader(pipe);
        while (true)
        {
            byte[] head = reader.ReadBytes(4);
            if (head.Length < 4) return;
            byte[] payload = reader.ReadBytes(BitConverter.ToInt32(head, 0));
            Say("got: " + Encoding.UTF8.GetString(payload));
        }
    }

    static void SendPerConnection(string name, string[] texts)
    {
        foreach (string text in texts)
        {
            using (var pipe = new NamedPipeClientStream(".", name, PipeDirection.Out))
            {
                pipe.Connect(ConnectMilliseconds);
                using (var writer = new StreamWriter(pipe)) writer.WriteLine(text);
            }
        }
    }

    static void Call(string name, string[] texts)
    {
        using (var pipe = new NamedPipeClientStream(".", name, PipeDirection.InOut))
        {
            pipe.Connect(ConnectMilliseconds);
            var reader = new StreamReader(pipe);
            var writer = new StreamWriter(pipe) { AutoFlush = true };
            foreach (string text in texts)
            {
                writer.WriteLine(text);
                string answer = reader.ReadLine();
                if (answer == null) throw new EndOfStreamException("the server closed without an answer");
                Say(answer);
            }
        }
    }

    static void SendFrames(string name, string[] texts)
    {
        using (var pipe = new NamedPipeClientStream(".", name, PipeDirection.Out))
        {
            pipe.Connect(ConnectMilliseconds);
            using (var writer = new BinaryWriter(pipe))
            {
                foreach (string text in texts)
                {
                    byte[] payload = Encoding.UTF8.GetBytes(text);
                    writer.Write(payload.Length);
                    writer.Write(payload);
                }
            }
        }
    }

    static void Say(string line)
    {
        Console.WriteLine(line);
        Console.Out.Flush();
    }
}
