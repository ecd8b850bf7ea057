"""A stand-in for NetworkManager on a bus of its own: tells whether the line is paid by volume, as it hears on its input.

Speaks as much of `org.freedesktop.NetworkManager` as Qt's backend and GLib's ask for. A line `metered N` on the input
(1 yes, 2 no, 3 guessed yes, 4 guessed no) changes the property and tells it on the bus.
"""

from __future__ import annotations

import sys
import threading

from jeepney import (
    DBusAddress,
    HeaderFields,
    Message,
    MessageType,
    message_bus,
    new_error,
    new_method_return,
    new_signal,
)
from jeepney.io.threading import DBusConnection, ReceiveStopped, open_dbus_connection

NAME, PATH = "org.freedesktop.NetworkManager", "/org/freedesktop/NetworkManager"
CONNECTION, DEVICE = f"{PATH}/ActiveConnection/1", f"{PATH}/Devices/1"

PROPERTIES: dict[str, dict[str, tuple[str, object]]] = {
    NAME: {
        "State": ("u", 70), "Connectivity": ("u", 4), "Metered": ("u", 2), "NetworkingEnabled": ("b", True),
        "PrimaryConnection": ("o", CONNECTION), "PrimaryConnectionType": ("s", "gsm"), "Version": ("s", "1.42.4"),
        "ActiveConnections": ("ao", [CONNECTION]), "Devices": ("ao", [DEVICE]), "Startup": ("b", False),
        "ConnectivityCheckAvailable": ("b", False), "ConnectivityCheckEnabled": ("b", False),
    },
    f"{NAME}.Connection.Active": {"Devices": ("ao", [DEVICE]), "Type": ("s", "gsm"), "State": ("u", 2)},
    f"{NAME}.Device": {"DeviceType": ("u", 8), "Interface": ("s", "wwan0"), "Metered": ("u", 2), "State": ("u", 100)},
}  # fmt: skip
OF_PATH = {PATH: NAME, CONNECTION: f"{NAME}.Connection.Active", DEVICE: f"{NAME}.Device"}


def answer(asked: Message) -> Message:
    """Answer one call for properties."""
    fields = asked.header.fields
    member, told = fields.get(HeaderFields.member), PROPERTIES.get(OF_PATH.get(fields[HeaderFields.path], ""), {})
    if member == "GetAll":
        return new_method_return(asked, "a{sv}", (told if asked.body[0] in OF_PATH.values() else {},))
    if member == "Get" and asked.body[1] in told:
        return new_method_return(asked, "v", (told[asked.body[1]],))
    if member == "Introspect":
        return new_method_return(asked, "s", (described(OF_PATH.get(fields[HeaderFields.path], ""), told),))
    if member == "state":
        return new_method_return(asked, "u", (70,))
    return new_error(asked, "org.freedesktop.DBus.Error.UnknownMethod", "s", ("no such thing",))


def described(interface: str, told: dict[str, tuple[str, object]]) -> str:
    """Return the description of an object: Qt reads no property that is not named in it."""
    named = "".join(f'<property name="{name}" type="{one[0]}" access="read"/>' for name, one in told.items())
    return f'<node><interface name="{interface}">{named}</interface></node>'


def hear(bus: DBusConnection) -> None:
    """Change the property as the input says."""
    for line in sys.stdin:
        value = ("u", int(line.split()[1]))
        PROPERTIES[NAME]["Metered"] = PROPERTIES[f"{NAME}.Device"]["Metered"] = value
        for interface, member, signature, body in (
            ("org.freedesktop.DBus.Properties", "PropertiesChanged", "sa{sv}as", (NAME, {"Metered": value}, [])),
            (NAME, "PropertiesChanged", "a{sv}", ({"Metered": value},)),
        ):
            bus.send(new_signal(DBusAddress(PATH, interface=interface), member, signature, body))
    bus.interrupt()


def main() -> None:
    bus = open_dbus_connection(sys.argv[1])
    bus.send(message_bus.RequestName(NAME))
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    threading.Thread(target=hear, args=(bus,), daemon=True).start()
    while True:
        try:
            got = bus.receive()
        except (OSError, ReceiveStopped):  # the bus is gone, or the input is over
            return
        if got.header.message_type is MessageType.method_call:
            bus.send(answer(got))


if __name__ == "__main__":
    main()
