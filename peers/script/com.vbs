' An object as a VBScript of Windows Script Host uses it: by its name, with late binding.
'
'   com.vbs send PROGID TEXT..    calls Send with each TEXT
'   com.vbs call PROGID TEXT..    calls Call with each TEXT and prints the answers
Option Explicit
Dim words, object, i
Set words = WScript.Arguments
Set object = CreateObject(words(1))
For i = 2 To words.Count - 1
    If words(0) = "send" Then
        object.Send words(i)
    Else
        WScript.Echo object.Call(words(i))
    End If
Next
