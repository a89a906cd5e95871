// How the WCF programs write a value in one line.
//
//   null  true  42  2.5  "text"  [1 2]  {key=value}  Type{Member=value Other=value}
//
// Of longer texts and bytes there is only the beginning, with how many there are. Dates are in the
// round-trip format of .NET. The members of a class come as it declares them, those of its base last.
using System;
using System.Collections;
using System.Globalization;
using System.Linq;
using System.Reflection;
using System.ServiceModel;

static class Text
{
    const int Longest = 60;

    public static string Of(object value)
    {
        if (value == null) return "null";
        if (value is string) return OfString((string)value);
        if (value is bool) return (bool)value ? "true" : "false";
        if (value is DateTime) return ((DateTime)value).ToString("o", CultureInfo.InvariantCulture);
        if (value is DateTimeOffset) return ((DateTimeOffset)value).ToString("o", CultureInfo.InvariantCulture);
        if (value is byte[]) return OfBytes((byte[])value);
        if (value is IDictionary) return OfDictionary((IDictionary)value);
        if (value is IEnumerable) return "[" + string.Join(" ", ((IEnumerable)value).Cast<object>().Select(Of)) + "]";
        if (value is double) return ((double)value).ToString("R", CultureInfo.InvariantCulture);
        if (value is float) return ((float)value).ToString("R", CultureInfo.InvariantCulture);
        if (value is char) return "'" + value + "'";
        if (value is Enum || value is TimeSpan) return value.ToString();
        if (value is Uri) return ((Uri)value).OriginalString;
        if (value is IFormattable) return ((IFormattable)value).ToString(null, CultureInfo.InvariantCulture);
        return OfMembers(value);
    }

    public static string OfError(Exception error)
    {
        var fault = error as FaultException;
        if (fault == null) return error.GetType().Name + ": " + OneLine(error.Message);
        var code = fault.Code.SubCode == null ? "" : "/" + fault.Code.SubCode.Name;
        var text = "FaultException: " + fault.Code.Name + code + ": " + OneLine(fault.Message);
        var detail = fault.GetType().GetProperty("Detail");
        return detail == null ? text : text + " " + Of(detail.GetValue(fault, null));
    }

    static string OneLine(string text) { return text.Replace("\r", "").Replace("\n", " "); }

    static string OfString(string text)
    {
        string quoted = text.Replace("\\", "\\\\").Replace("\"", "\\\"").Replace("\r", "\\r").Replace("\n", "\\n");
        if (text.Length <= Longest) return "\"" + quoted + "\"";
        return "\"" + text.Substring(0, 8) + "\"..(" + text.Length + " characters)";
    }

    static string OfBytes(byte[] bytes)
    {
        string hex = string.Concat(bytes.Take(8).Select(one => one.ToString("x2")));
        return bytes.Length <= 8 ? "0x" + hex : "0x" + hex + "..(" + bytes.Length + " bytes)";
    }

    static string OfDictionary(IDictionary map)
    {
        var pairs = map.Keys.Cast<object>().Select(key => Of(key) + "=" + Of(map[key]));
        return "{" + string.Join(" ", pairs) + "}";
    }

    static string OfMembers(object value)
    {
        var type = value.GetType();
        var fields = type.GetFields(BindingFlags.Public | BindingFlags.Instance);
        var members = fields.Select(field => field.Name + "=" + Of(field.GetValue(value)));
        return type.Name + "{" + string.Join(" ", members) + "}";
    }
}
