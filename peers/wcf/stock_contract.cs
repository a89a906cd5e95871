// A contract with names, namespaces, actions and types that nothing but WCF could guess.
using System;
using System.Collections.Generic;
using System.Runtime.Serialization;
using System.ServiceModel;

namespace Warehouse
{
    static class Names
    {
        public const string Service = "urn:example:stock";
        public const string Data = "urn:example:stock/data";
        public const string Fresh = "urn:example:stock/fresh";
        public const string Faults = "urn:example:stock/faults";
    }

    [DataContract(Name = "Quality", Namespace = Names.Data)]
    public enum Grade
    {
        [EnumMember(Value = "first-class")] First,
        [EnumMember(Value = "second-class")] Second = 5,
        [EnumMember] Waste = 9,
    }

    [Flags, DataContract(Namespace = Names.Data)]
    public enum Traits
    {
        [EnumMember] None = 0,
        [EnumMember] Fragile = 1,
        [EnumMember(Value = "keep-cold")] Cold = 2,
        [EnumMember] Heavy = 4,
    }

    [DataContract(Namespace = Names.Data), KnownType(typeof(Perishable))]
    public class Item
    {
        [DataMember(Order = 2, IsRequired = true)] public string Sku;
        [DataMember(Order = 1)] public int Quantity;
        [DataMember(Name = "unit-price")] public decimal? Price;
        [DataMember] public Grade Grade;
        [DataMember] public Traits Traits;
        [DataMember(EmitDefaultValue = false)] public string Remark;
    }

    [DataContract(Name = "PerishableItem", Namespace = Names.Fresh)]
    public class Perishable : Item
    {
        [DataMember] public DateTimeOffset Until;
        [DataMember] public TimeSpan? Opened;
        // Before Until in the alphabet, but after all of Item.
        [DataMember] public int Age;
    }

    // In the namespace that .NET makes of the one in the source.
    [DataContract]
    public class Slot
    {
        [DataMember] public int Row;
        [DataMember] public Item[] Items;
        [DataMember] public List<string> Labels;
    }

    [DataContract(Namespace = Names.Data)]
    public class Shelf
    {
        [DataMember] public Guid Id;
        [DataMember] public List<Slot> Slots;
        [DataMember] public List<List<int>> Grid;
    }

    // Without any attribute: its public members in the order of the alphabet.
    public class Gauge
    {
        public ushort Width;
        public sbyte Tiny;
        public byte Small;
        public short Medium;
        public uint Wide;
        public Uri Manual;
        public DateTime? Checked;
    }

    [CollectionDataContract(Name = "Codes", ItemName = "Code", Namespace = Names.Data)]
    public class Codes : List<string> { }

    [DataContract(Name = "ShortageInfo", Namespace = Names.Faults)]
    public class Shortage
    {
        [DataMember] public string Sku;
        [DataMember(Order = 1)] public int Missing;
        [DataMember(Order = 1)] public List<Item> Instead;
    }

    [ServiceContract(Namespace = Names.Service, Name = "Stock")]
    public interface IStockKeeping
    {
        [OperationContract(IsOneWay = true)] void Note(string line, int urgency);
        [OperationContract] Item Store(Item item);
        // A perishable item where the contract says an item.
        [OperationContract] Item Find(string sku);
        [OperationContract] List<Shelf> Shelves(List<Shelf> shelves);
        [OperationContract] Grade Regrade(Grade grade);
        [OperationContract] Traits Mark(Traits traits);
        [OperationContract] decimal? Price(string sku);
        [OperationContract] DateTimeOffset When(DateTimeOffset at);
        [OperationContract] Gauge Measure(Gauge gauge);
        [OperationContract] Codes Sort(Codes codes);
        [OperationContract] Dictionary<string, Item> BySku(Dictionary<string, Item> items);
        [OperationContract] Dictionary<int, List<string>> Labels(Dictionary<int, List<string>> labels);

        [OperationContract]
        [return: MessageParameter(Name = "done")]
        bool Take(string sku, [MessageParameter(Name = "how-many")] int count, ref int balance, out string slip);

        [OperationContract, FaultContract(typeof(Shortage))]
        int Reserve(string sku, int count);

        [OperationContract, FaultContract(typeof(Shortage), Action = "urn:example:stock/no", Name = "No", Namespace = Names.Faults)]
        int Insist(string sku, int count);

        [OperationContract(Name = "Count", Action = "urn:example:stock/count", ReplyAction = "urn:example:stock/counted")]
        long HowMany(DateTime since);
    }

    [ServiceContract(Namespace = Names.Service + "/", Name = "Watch", CallbackContract = typeof(IWatcher), SessionMode = SessionMode.Required)]
    public interface IWatching
    {
        // Calls Changed that many times.
        [OperationContract(IsOneWay = true)] void Follow(string sku, int times);
        // Asks Approve for each of the items, before it replies with the sum of what is approved.
        [OperationContract] decimal Buy(List<Item> items);
    }

    public interface IWatcher
    {
        [OperationContract(IsOneWay = true)] void Changed(Item item);
        [OperationContract(Name = "MayI")] bool Approve(string sku, decimal sum);
    }
}
