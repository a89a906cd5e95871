// An object as a JavaScript of Windows Script Host uses it: by its name, with late binding.
//
//   com.js send PROGID TEXT..    calls Send with each TEXT
//   com.js call PROGID TEXT..    calls Call with each TEXT and prints the answers
//   com.js number PROGID         calls Call with a number
//
// What the object throws is printed as "error: WORDS" and ends with 1.
var words = WScript.Arguments, mode = words(0), object, i;
try {
    object = new ActiveXObject(words(1));
    for (i = 2; i < words.length; i++) {
        if (mode === "send") object.Send(words(i));
        else WScript.Echo(object.Call(words(i)));
    }
    if (mode === "number") WScript.Echo(object.Call(42));
} catch (error) {
    WScript.Echo("error: " + error.description);
    WScript.Quit(1);
}
