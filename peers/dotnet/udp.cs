// Datagrams as a C# programmer writes them: UdpClient on the loopback address.
//
//   udp receive PORT COUNT   prints "got: TEXT" per datagram
//   udp echo PORT COUNT      the same, and answers each with "echo:" and the text
//   udp send PORT TEXT..     one datagram per TEXT
//   udp call PORT TEXT..     one datagram per TEXT, prints the one that comes back
//
// COUNT is how many datagrams a receiver takes before it ends. A receiver prints "ready" once its
// port is bound; with PORT 0 it prints "port N" before that.
using System;
using System.Net;
using System.Net.Sockets;
using System.Text;

static class UdpPeer
{
    const int AnswerMilliseconds = 5000;

    static void Main(string[] args)
    {
        // To return from Main is not enough on Mono: now and then its thread pool does not let it end.
        Environment.Exit(Try(args));
    }

    static int Try(string[] args)
    {
        if (args.Length < 3)
        {
            Console.Error.WriteLine("usage: udp MODE PORT COUNT|TEXT..");
            return 2;
        }
        try
        {
            return Run(args[0], int.Parse(args[1]), args);
        }
        catch (Exception e)
        {
            Console.Error.WriteLine("error: " + e.GetType().Name + ": " + e.Message);
            return 1;
        }
    }

    static int Run(string mode, int port, string[] args)
    {
        string[] texts = new string[args.Length - 2];
        Array.Copy(args, 2, texts, 0, texts.Length);
        switch (mode)
        {
            case "receive": Receive(port, int.Parse(args[2]), false); break;
            case "echo": Receive(port, int.Parse(args[2]), true); break;
            case "send": Send(port, texts, false); break;
            case "call": Send(port, texts, true); break;
            default: Console.Error.WriteLine("unknown mode " + mode); return 2;
        }
        return 0;
    }

    static void Receive(int port, int count, bool echo)
    {
        // `new UdpClient(port)` would listen to the whole network.
        using (var socket = new UdpClient(new IPEndPoint(IPAddress.Loopback, port)))
        {
            if (port == 0) Say("port " + ((IPEndPoint)socket.Client.LocalEndPoint).Port);
            Say("ready");
            for (int i = 0; i < count; i++)
            {
                var sender = new IPEndPoint(IPAddress.Any, 0);
                string text = Encoding.UTF8.GetString(socket.Receive(ref sender));
                Say("got: " + text);
                if (!echo) continue;
                byte[] answer = Encoding.UTF8.GetBytes("echo:" + text);
                socket.Send(answer, answer.Length, sender);
            }
        }
    }

    static void Send(int port, string[] texts, bool awaitAnswer)
    {
        using (var socket = new UdpClient())
        {
            socket.Connect(IPAddress.Loopback, port);
            socket.Client.ReceiveTimeout = AnswerMilliseconds;
            foreach (string text in texts)
            {
                byte[] payload = Encoding.UTF8.GetBytes(text);
                socket.Send(payload, payload.Length);
                if (!awaitAnswer) continue;
                var sender = new IPEndPoint(IPAddress.Any, 0);
                Say(Encoding.UTF8.GetString(socket.Receive(ref sender)));
            }
        }
    }

    static void Say(string line)
    {
        Console.WriteLine(line);
        Console.Out.Flush();
    }
}
