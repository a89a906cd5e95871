// The service and the client of the contract in stock_contract.cs.
//
//   mono wcf-stock serve URI [WATCH-URI]   IStockKeeping at the first URI, IWatching at the second
using System;
using System.Collections.Generic;
using System.Linq;
using System.ServiceModel;
using System.Threading;
using Warehouse;

[ServiceBehavior(InstanceContextMode = InstanceContextMode.Single, ConcurrencyMode = ConcurrencyMode.Multiple)]
class StockService : IStockKeeping, IWatching
{
    public void Note(string line, int urgency) { }
    public Item Store(Item item) { return item; }
    public Item Find(string sku) { return StockContracts.Milk(sku); }
    public List<Shelf> Shelves(List<Shelf> shelves) { return shelves; }
    public Grade Regrade(Grade grade) { return grade; }
    public Traits Mark(Traits traits) { return traits; }
    public decimal? Price(string sku) { return sku == null ? (decimal?)null : 19.90m; }
    public DateTimeOffset When(DateTimeOffset at) { return at; }
    public Gauge Measure(Gauge gauge) { return gauge; }
    public Dictionary<string, Item> BySku(Dictionary<string, Item> items) { return items; }
    public Dictionary<int, List<string>> Labels(Dictionary<int, List<string>> labels) { return labels; }
    public long HowMany(DateTime since) { return since.Ticks; }

    public Codes Sort(Codes codes)
    {
        var sorted = new Codes();
        sorted.AddRange(codes.OrderBy(code => code, StringComparer.Ordinal));
        return sorted;
    }

    public bool Take(string sku, int count, ref int balance, out string slip)
    {
        balance -= count;
        slip = count + " of " + sku;
        return balance >= 0;
    }

    public int Reserve(string sku, int count)
    {
        if (count <= 10) return count;
        throw new FaultException<Shortage>(Missing(sku, count - 10), "too few of them");
    }

    public int Insist(string sku, int count)
    {
        throw new FaultException<Shortage>(Missing(sku, count), new FaultReason("no"), new FaultCode("Sender"), "urn:example:stock/no");
    }

    static Shortage Missing(string sku, int missing)
    {
        return new Shortage { Sku = sku, Missing = missing, Instead = new List<Item> { StockContracts.Milk("other") } };
    }

    static IWatcher Client { get { return OperationContext.Current.GetCallbackChannel<IWatcher>(); } }

    public void Follow(string sku, int times)
    {
        var client = Client;
        for (int i = 1; i <= times; i++) client.Changed(new Item { Sku = sku, Quantity = i });
    }

    public decimal Buy(List<Item> items)
    {
        var client = Client;
        decimal sum = 0;
        foreach (var item in items)
        {
            decimal part = item.Quantity * item.Price.Value;
            if (client.Approve(item.Sku, part)) sum += part;
        }
        return sum;
    }
}

/// Approves what costs less than 100.
[CallbackBehavior(ConcurrencyMode = ConcurrencyMode.Reentrant, UseSynchronizationContext = false)]
class Watcher : IWatcher
{
    public readonly SemaphoreSlim Changes = new SemaphoreSlim(0);

    public void Changed(Item item)
    {
        Program.Got("Changed", item);
        Changes.Release();
    }

    public bool Approve(string sku, decimal sum)
    {
        Program.Got("MayI", sku, sum);
        return sum < 100;
    }
}

class StockContracts : Contracts
{
    const int ChangeMilliseconds = 10000;

    readonly Contract[] all;

    static void Main(string[] args) { Program.Run(new StockContracts(), args); }

    public override object Service() { return new StockService(); }

    public override Contract[] All { get { return all; } }

    StockContracts()
    {
        var watcher = new Watcher();
        all = new Contract[] {
            new Contract<IStockKeeping>(null, Stock()),
            new Contract<IWatching>(watcher, new Dictionary<string, Func<IWatching, string, object>> {
                { "follow", (p, a) => { p.Follow(a ?? "nail", 3); return Seen(watcher, 3); } },
                { "buy", (p, a) => p.Buy(new List<Item> { Nail("nail", 10), Nail("gold", 1000), Nail("screw", 20) }) },
            }),
        };
    }

    static Dictionary<string, Func<IStockKeeping, string, object>> Stock()
    {
        return new Dictionary<string, Func<IStockKeeping, string, object>> {
            { "note", (p, a) => { p.Note(a ?? "the door is open", 2); return null; } },
            { "store", (p, a) => p.Store(Nail(a ?? "nail", 7)) },
            { "store-null", (p, a) => p.Store(null) },
            { "store-fresh", (p, a) => p.Store(Milk(a ?? "milk")) },
            { "find", (p, a) => p.Find(a ?? "milk") },
            { "shelves", (p, a) => p.Shelves(Shelves()) },
            { "shelves-none", (p, a) => p.Shelves(new List<Shelf>()) },
            { "regrade", (p, a) => new[] { Grade.First, Grade.Second, Grade.Waste }.Select(p.Regrade).ToArray() },
            { "mark", (p, a) => new[] { Traits.None, Traits.Fragile | Traits.Cold, Traits.Heavy }.Select(p.Mark).ToArray() },
            { "price", (p, a) => new[] { p.Price(null), p.Price("nail") } },
            { "when", (p, a) => p.When(Noon) },
            { "measure", (p, a) => p.Measure(Extremes) },
            { "sort", (p, a) => { var codes = new Codes { "b", "a", "C" }; return p.Sort(codes); } },
            { "by-sku", (p, a) => p.BySku(new Dictionary<string, Item> { { "n", Nail("nail", 1) }, { "m", Milk("milk") } }) },
            { "labels", (p, a) => p.Labels(new Dictionary<int, List<string>> { { -3, new List<string> { "x", null } }, { 4, null } }) },
            { "take", (p, a) => Take(p, a ?? "nail") },
            { "reserve", (p, a) => p.Reserve(a ?? "nail", 10) },
            { "reserve-short", (p, a) => p.Reserve(a ?? "nail", 52) },
            { "insist", (p, a) => p.Insist(a ?? "nail", 1) },
            { "count", (p, a) => p.HowMany(new DateTime(2025, 1, 2, 3, 4, 5, 6, DateTimeKind.Utc)) },
        };
    }

    static readonly DateTimeOffset Noon = new DateTimeOffset(2026, 7, 1, 12, 0, 0, 250, TimeSpan.FromMinutes(330));

    static readonly Gauge Extremes = new Gauge
    {
        Width = ushort.MaxValue,
        Tiny = sbyte.MinValue,
        Small = byte.MaxValue,
        Medium = short.MinValue,
        Wide = uint.MaxValue,
        Manual = new Uri("http://example.org/gauge?a=1&b=%20"),
    };

    static Item Nail(string sku, int quantity)
    {
        return new Item { Sku = sku, Quantity = quantity, Price = 0.25m, Grade = Grade.Second, Traits = Traits.Cold | Traits.Heavy };
    }

    public static Perishable Milk(string sku)
    {
        return new Perishable { Sku = sku, Quantity = 2, Remark = "shake", Until = Noon, Opened = TimeSpan.FromHours(-1.5), Age = 3 };
    }

    static List<Shelf> Shelves()
    {
        var full = new Slot { Row = 1, Items = new[] { Nail("nail", 1), Milk("milk"), null }, Labels = new List<string> { "left", "" } };
        var empty = new Slot { Row = 2, Items = new Item[0] };
        return new List<Shelf> {
            new Shelf { Id = new Guid("01234567-89ab-cdef-0123-456789abcdef"), Slots = new List<Slot> { full, empty } },
            new Shelf { Grid = new List<List<int>> { new List<int> { 1, 2 }, new List<int>() } },
        };
    }

    static object Take(IStockKeeping stock, string sku)
    {
        int balance = 5;
        string slip;
        bool done = stock.Take(sku, 3, ref balance, out slip);
        return new object[] { done, balance, slip };
    }

    static object Seen(Watcher watcher, int changes)
    {
        return Enumerable.Range(0, changes).All(_ => watcher.Changes.Wait(ChangeMilliseconds));
    }
}
