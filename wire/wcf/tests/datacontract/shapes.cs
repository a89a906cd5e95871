// Writes shapes.tsv with Microsoft's DataContractSerializer: a name and a document in hexadecimal digits per line.
//   mcs -out:shapes.exe shapes.cs -r:System.Runtime.Serialization -r:System.Xml && mono shapes.exe > shapes.tsv
// The document is <s:E xmlns:s="urn:s" xmlns:a="urn:a"><Op xmlns="http://tempuri.org/"><v>VALUE</v></Op></s:E>; the
// value of a root-* line has the name of its type instead. Ids are those of a new session.
using System;
using System.Collections.Generic;
using System.IO;
using System.Runtime.Serialization;
using System.Xml;

public enum Colour { Red, Green = 5 }

[DataContract(Namespace = "urn:one")] public class Inner { [DataMember] public int X; [DataMember] public string S; }

[DataContract(Namespace = "urn:two")] public class Outer {
  [DataMember] public Inner A;
  [DataMember] public List<Inner> B;
  [DataMember] public int[] C;
  [DataMember] public string[] D;
  [DataMember] public Dictionary<string, Inner> E;
  [DataMember] public Inner F;
  [DataMember] public Colour G;
  [DataMember] public List<Colour> H;
  [DataMember] public DateTimeOffset I;
  [DataMember] public List<int?> J;
  [DataMember] public Outer K;
  [DataMember] public int? L;
  [DataMember] public double[] M;
  [DataMember] public List<int[]> N;
  [DataMember] public byte[] O;
  [DataMember] public Dictionary<string, int[]> P;
  [DataMember] public Dictionary<Colour, int?> Q;
}

[DataContract(Namespace = "http://tempuri.org/")] public class Same { [DataMember] public int X; [DataMember] public Inner Y; }
[DataContract(Namespace = "")] public class Bare { [DataMember] public int X; [DataMember] public Inner Y; [DataMember] public Bare Z; }

static class Program {
  static readonly XmlDictionary Words = new XmlDictionary();

  static void Write(XmlDictionaryWriter w, Type type, object value) {
    w.WriteStartElement("s", "E", "urn:s");
    w.WriteXmlnsAttribute("a", "urn:a");
    w.WriteStartElement(Words.Add("Op"), Words.Add("http://tempuri.org/"));
    var serializer = type == null ? new DataContractSerializer(value.GetType())
      : new DataContractSerializer(type, Words.Add("v"), Words.Add("http://tempuri.org/"));
    serializer.WriteObject(w, value);
    w.WriteEndElement();
    w.WriteEndElement();
    w.Flush();
  }

  static void Show(string name, Type type, object value) {
    var bytes = new MemoryStream();
    Write(XmlDictionaryWriter.CreateBinaryWriter(bytes, null, new XmlBinaryWriterSession(), false), type, value);
    Console.WriteLine(name + "\t" + BitConverter.ToString(bytes.ToArray()).Replace("-", ""));
  }

  static void As<T>(string name, T value) { Show(name, typeof(T), value); }
  static void Root(string name, object value) { Show("root-" + name, null, value); }
  static Dictionary<K, V> Map<K, V>(K key, V value) { return new Dictionary<K, V> { { key, value } }; }

  static void Main() {
    var one = new Inner { X = 3, S = "s" };
    var date = new DateTime(2024, 2, 29, 12, 34, 56, 789, DateTimeKind.Utc);
    var offset = new DateTimeOffset(date).ToOffset(TimeSpan.FromHours(2));
    As("inner", one);
    As<Inner>("inner-null", null);
    As("same", new Same { X = 1, Y = one });
    As("bare", new Bare { X = 2, Y = one, Z = new Bare() });
    var inside = new Outer { I = offset, C = new int[0] };
    As("outer", new Outer {
      A = one, B = new List<Inner> { one, null }, C = new[] { 1, 2 }, D = new[] { "a", null }, E = Map("k", one), F = one,
      G = Colour.Green, H = new List<Colour> { Colour.Red }, I = offset, J = new List<int?> { 4, null }, K = inside, L = 9,
      M = new[] { 0.5 }, N = new List<int[]> { new[] { 7 } }, O = new byte[] { 1, 2, 3, 4 }, P = Map("p", new[] { 1 }),
      Q = Map(Colour.Green, (int?)null) });
    As("jagged", new[] { new[] { 1, 2 }, new int[0], null });
    As("jagged-twice", new[] { new[] { new[] { 1 } } });
    As("list-list-inner", new List<List<Inner>> { new List<Inner> { one } });
    As("nullable-ints", new int?[] { 1, null });
    As("nullable-dates", new DateTime?[] { date, null });
    As("nullable-enums", new Colour?[] { Colour.Green, null });
    As("dates", new[] { date, date });
    As("decimals", new[] { 1.5m });
    As("bools", new[] { true, false });
    As("floats", new[] { 1.5f });
    As("longs", new[] { 1L << 40 });
    As("empty-ints", new int[0]);
    As("shorts", new short[] { 1 });
    As("sbytes", new sbyte[] { 1 });
    As("ushorts", new ushort[] { 300 });
    As("uints", new uint[] { 1, uint.MaxValue });
    As("ulongs", new ulong[] { 0, 1, 5, ulong.MaxValue });
    As("chars", new[] { 'A' });
    As("guids", new[] { Guid.Empty });
    As("spans", new[] { TimeSpan.Zero, TimeSpan.MaxValue });
    As("strings", new[] { "a", "", "1" });
    As("many-ints", new int[200]);
    As("many-strings", new string[200]);
    As("byte-arrays", new[] { new byte[] { 1 } });
    As("enums", new[] { Colour.Green });
    As("offsets", new[] { offset });
    As("uint", 5u);
    As("ulong", 5ul);
    As("short", (short)-3);
    As("byte", (byte)200);
    As("nan", double.NaN);
    As("infinity", float.NegativeInfinity);
    As("offset", offset);
    As("map-int-string", Map(1, "a"));
    As("map-string-inner", Map("a", one));
    As("map-string-strings", Map("a", new[] { "b" }));
    As("map-guid-date", Map(Guid.Empty, date));
    As("map-string-nullable", Map("a", (int?)null));
    As("map-enum-bool", Map(Colour.Green, true));
    As("map-map", Map("a", Map("b", 1)));
    As("list-map", new[] { Map("b", 1) });
    As("map-bytes", Map("a", new byte[] { 1 }));
    // These two have forms that are read and never written.
    As("list-int", new List<int> { 1, 2 });
    As("list-byte", new List<byte> { 1, 2 });
    Root("inner", one);
    Root("string", "x");
    Root("int", 5);
    Root("strings", new[] { "a" });
    Root("enum", Colour.Green);
    Root("ints", new[] { 1, 2 });
    Root("map", Map("a", 1));
    Root("guid", Guid.Empty);
  }
}
