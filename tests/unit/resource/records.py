"""Ownership records to test with, and Hypothesis' strategies for them."""

from __future__ import annotations

from hypothesis import strategies as st

from berofos_ra.resource.record import DeviceRecord, Record

FOS1 = DeviceRecord(
    host="berofos1.example",
    address="10.34.1.20",
    port=8080,
    mac="00:19:32:00:00:01",
    is_ours=True,
    was_right=True,
    answered=True,
    seen="A--B C--D",
    seen_at=1000.0,
    told_at=1200.0,
    watchdog_interval=60,
)
RECORD = Record(
    owned=True,
    devices={"fos1": FOS1, "fos2": DeviceRecord(host="10.34.1.21")},
    since=900.0,
    node="xivo-1",
    parameters={"devices": "fos1 fos2", "topology": "xivo-pbx"},
    attributes={"berofos-fos1": "A--B C--D (watchdog on)"},
    reported="fos2: no route to it",
)

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
printable = st.text(st.characters(exclude_categories=["C", "Z"]), max_size=20)
names = st.integers(1, 99).map(lambda number: f"fos{number}")
times = st.floats(0, 1e9)
devices = st.builds(
    DeviceRecord,
    host=printable,
    address=printable,
    port=st.integers(1, 65535),
    mac=st.none() | st.integers(0, 255).map(lambda number: f"00:19:32:00:00:{number:02X}"),
    mac_learned=st.booleans(),
    is_ours=st.booleans(),
    was_right=st.booleans(),
    answered=st.booleans(),
    seen=texts,
    seen_at=times,
    told_at=st.none() | times,
    watchdog_interval=st.none() | st.integers(1, 65535),
    arming=st.booleans(),
    turned_off=st.booleans(),
    kicked=times,
    kick_sent=times,
)
tables = st.dictionaries(texts, texts, max_size=4)
records = st.builds(
    Record,
    owned=st.booleans(),
    devices=st.dictionaries(names, devices, max_size=4),
    since=times,
    node=texts,
    parameters=tables,
    attributes=st.dictionaries(printable, texts, max_size=4),
    reported=texts,
    drifted=texts,
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
