// One file as a letter box, as C# programs do it: whoever holds it with FileShare.None has the turn.
//
//   file write PATH TEXT    naive: FileMode.Create, overwrites what nobody has read yet
//   file post PATH TEXT..   polite: waits until the box is empty, then writes; one turn per TEXT
//   file read PATH COUNT    takes COUNT texts out of the box, prints "got: TEXT" for each
//   file hold PATH MS       keeps the box locked for MS milliseconds, prints "held" at the start
//
// `read` prints "ready" before it looks the first time. Everyone gives up after twenty seconds
// without a turn: the error goes to stderr and ends with 1.
using System;
using System.Diagnostics;
using System.IO;
using System.Threading;

static class FilePeer
{
    const int PollMilliseconds = 5;
    const int GiveUpMilliseconds = 20000;

    static void Main(string[] args)
    {
        // To return from Main is not enough on Mono: now and then its thread pool does not let it end.
        Environment.Exit(Try(args));
    }

    static int Try(string[] args)
    {
        if (args.Length < 3)
        {
            Console.Error.WriteLine("usage: file MODE PATH TEXT|COUNT|MS");
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

    static int Run(string mode, string path, string[] args)
    {
        switch (mode)
        {
            case "write": Write(path, args[2]); break;
            case "post": for (int i = 2; i < args.Length; i++) Post(path, args[i]); break;
            case "read": Read(path, int.Parse(args[2])); break;
            case "hold": Hold(path, int.Parse(args[2])); break;
            default: Console.Error.WriteLine("unknown mode " + mode); return 2;
        }
        return 0;
    }

    static void Write(string path, string text)
    {
        using (var file = File.Open(path, FileMode.Create, FileAccess.Write, FileShare.None))
        using (var writer = new StreamWriter(file))
            writer.Write(text);
    }

    static void Post(string path, string text)
    {
        TakeTurns(path, file =>
        {
            if (file.Length != 0) return false;
            using (var writer = new StreamWriter(file)) writer.Write(text);
            return true;
        });
    }

    static void Read(string path, int count)
    {
        Say("ready");
        for (int i = 0; i < count; i++)
        {
            TakeTurns(path, file =>
            {
                string text = new StreamReader(file).ReadToEnd();
                if (text.Length == 0) return false;
                Say("got: " + text.TrimEnd());
                // Under the same lock, so that no writer finds the old text.
                file.SetLength(0);
                return true;
            });
        }
    }

    static void Hold(string path, int milliseconds)
    {
        using (File.Open(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None))
        {
            Say("held");
            Thread.Sleep(milliseconds);
        }
    }

    // Opens the file for itself again and again until `turn` says that it is done.
    static void TakeTurns(string path, Func<FileStream, bool> turn)
    {
        var waited = Stopwatch.StartNew();
        while (!TakeTurn(path, turn))
        {
            if (waited.ElapsedMilliseconds > GiveUpMilliseconds) throw new TimeoutException("no turn at " + path);
            Thread.Sleep(PollMilliseconds);
        }
    }

    static bool TakeTurn(string path, Func<FileStream, bool> turn)
    {
        try
        {
            using (var file = File.Open(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None))
                return turn(file);
        }
        catch (IOException)
        {
            // Somebody else has the turn.
            return false;
        }
    }

    static void Say(string line)
    {
        Console.WriteLine(line);
        Console.Out.Flush();
    }
}
