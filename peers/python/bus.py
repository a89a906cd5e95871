#!/usr/bin/python3
"""D-Bus as a Python programmer uses it: python3-dbus and the session bus.

    bus.py server NAME COUNT                 offers Send, SendBytes, Call and CallBytes
    bus.py depot NAME COUNT                  offers an interface of its own, org.example.Depot1
    bus.py send NAME TEXT..                  calls Send with each TEXT
    bus.py call NAME TEXT..                  calls Call with each TEXT and prints the answers
    bus.py send-bytes NAME HEX..             calls SendBytes
    bus.py call-bytes NAME HEX..             calls CallBytes and prints the answers as hex digits
    bus.py invoke NAME METHOD JSON..         calls org.example.Depot1.METHOD: "result: JSON", or
                                             "error: NAME: MESSAGE" and ends as usual
    bus.py listen NAME COUNT                 prints COUNT signals Received and ReceivedBytes

NAME is the bus name; the object is at the path that the name gives. A server prints "ready" once it has
the name, then "got: TEXT" (bytes as "hex DIGITS") for each of COUNT calls, of which it answers those of
Call with "echo:" and the text, and emits what was sent as a signal. It ends after the last one.
"""
import json
import sys

import dbus
import dbus.mainloop.glib
import dbus.service
from gi.repository import GLib

MESSAGES = "org.samebox.Messages1"
DEPOT = "org.example.Depot1"
ANSWER_SECONDS = 10


def path_of(name):
    return "/" + name.replace(".", "/").replace("-", "_")


def shown(data):
    return str(data) if isinstance(data, str) else "hex " + bytes(data).hex()


class Service(dbus.service.Object):
    """An object at the path of its name, which ends the program after so many calls."""

    def __init__(self, name, count):
        self.loop = GLib.MainLoop()
        self.left = count
        bus = dbus.SessionBus()
        # Never in a queue behind another owner, and never taken from it.
        self.owned = dbus.service.BusName(name, bus, do_not_queue=True)
        super().__init__(self.owned, path_of(name))

    def got(self, text):
        print("got:", text, flush=True)
        self.left -= 1
        if self.left == 0:
            # Later, so that the answer goes first.
            GLib.idle_add(self.end)

    def end(self):
        self.connection.flush()
        self.loop.quit()


class Messages(Service):
    @dbus.service.method(MESSAGES, in_signature="s")
    def Send(self, data):
        self.got(shown(data))
        self.Received(data)

    @dbus.service.method(MESSAGES, in_signature="ay")
    def SendBytes(self, data):
        self.got(shown(data))
        self.ReceivedBytes(data)

    @dbus.service.method(MESSAGES, in_signature="s", out_signature="s")
    def Call(self, data):
        self.got(shown(data))
        if data == "fail":
            raise dbus.DBusException("nothing of that kind", name="org.example.Error.Missing")
        return "echo:" + data

    @dbus.service.method(MESSAGES, in_signature="ay", out_signature="ay")
    def CallBytes(self, data):
        self.got(shown(data))
        return dbus.ByteArray(b"echo:" + bytes(data))

    @dbus.service.signal(MESSAGES, signature="s")
    def Received(self, data):
        """The text that was sent."""

    @dbus.service.signal(MESSAGES, signature="ay")
    def ReceivedBytes(self, data):
        """The bytes that were sent."""


class Depot(Service):
    """What `contracts/depot.rs` does, in Python."""

    @dbus.service.method(DEPOT, in_signature="s")
    def Note(self, line):
        self.got("Note " + line)

    @dbus.service.method(DEPOT, in_signature="ii", out_signature="i")
    def Add(self, a, b):
        self.got("Add")
        return a + b

    @dbus.service.method(DEPOT, in_signature="ax", out_signature="x")
    def Sum(self, values):
        self.got("Sum")
        return sum(values)

    @dbus.service.method(DEPOT, in_signature="ay", out_signature="ay")
    def Reverse(self, bytes):
        self.got("Reverse")
        return bytes[::-1]

    @dbus.service.method(DEPOT, in_signature="(sdi)", out_signature="(sdi)")
    def Store(self, item):
        self.got("Store")
        name, price, quantity = item
        return name, price, quantity + 1

    @dbus.service.method(DEPOT, in_signature="as", out_signature="a(sdi)")
    def Items(self, names):
        self.got("Items")
        return [(name, 0.5, len(name)) for name in names]

    @dbus.service.method(DEPOT, in_signature="a{si}", out_signature="a{si}")
    def Double(self, stock):
        self.got("Double")
        return {name: 2 * count for name, count in stock.items()}

    @dbus.service.method(DEPOT, in_signature="b", out_signature="b")
    def Toggle(self, open):
        self.got("Toggle")
        return not open

    @dbus.service.method(DEPOT, in_signature="si", out_signature="i")
    def Reserve(self, name, quantity):
        self.got("Reserve")
        if quantity > 10:
            raise dbus.DBusException("too few of " + name, name="org.example.Error.Shortage")
        return quantity


def serve(service):
    print("ready", flush=True)
    service.loop.run()


def listen(name, count):
    loop = GLib.MainLoop()
    left = [count]

    def heard(data):
        print("got:", shown(data), flush=True)
        left[0] -= 1
        if left[0] == 0:
            loop.quit()

    bus = dbus.SessionBus()
    for signal in ("Received", "ReceivedBytes"):
        bus.add_signal_receiver(heard, signal, MESSAGES, name, path_of(name))
    # The bus answers in order, so it knows by then what to pass on.
    bus.list_names()
    print("ready", flush=True)
    loop.run()


def client_of(name, interface):
    return dbus.Interface(dbus.SessionBus().get_object(name, path_of(name)), interface)


def invoke(name, method, arguments):
    function = client_of(name, DEPOT).get_dbus_method(method)
    try:
        result = function(*map(json.loads, arguments), timeout=ANSWER_SECONDS)
    except dbus.DBusException as error:
        print(f"error: {error.get_dbus_name()}: {error.get_dbus_message()}")
    else:
        print("result:", json.dumps(result, ensure_ascii=False))


def main(arguments):
    if len(arguments) < 3:
        sys.exit(__doc__)
    dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
    role, name, *rest = arguments
    if role in ("server", "depot"):
        serve((Messages if role == "server" else Depot)(name, int(rest[0])))
    elif role == "listen":
        listen(name, int(rest[0]))
    elif role == "invoke":
        invoke(name, rest[0], rest[1:])
    else:
        ask(role, client_of(name, MESSAGES), rest)


def ask(role, client, words):
    for word in words:
        if role == "send":
            client.Send(word, timeout=ANSWER_SECONDS)
        elif role == "call":
            print(client.Call(word, timeout=ANSWER_SECONDS), flush=True)
        elif role == "send-bytes":
            client.SendBytes(dbus.ByteArray.fromhex(word), timeout=ANSWER_SECONDS)
        elif role == "call-bytes":
            answer = client.CallBytes(dbus.ByteArray.fromhex(word), timeout=ANSWER_SECONDS)
            print(bytes(answer).hex(), flush=True)
        else:
            sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
