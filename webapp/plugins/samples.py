"""A small plugin that works, for an account that has none yet: its owner sees on it what each part is."""

from __future__ import annotations

from webapp.plugins.values import PluginValues, PromptValues, SelectorValues, StaticData

SAMPLE = PluginValues(
    name="meeting_rooms",
    plugin_class="static",
    description="Which meeting rooms there are, how many seats each has, and how to book one.",
    tags=("sample",),
    selector=SelectorValues("search_terms", ("meeting room", "book a room")),
    prompt=PromptValues(
        system_role="You help colleagues to find a meeting room. Answer in one sentence, from the list alone.",
        temperature=0.2,
        max_tokens=512,
    ),
    data=StaticData(
        "Rooms by name.",
        {
            "Elm": {"floor": 1, "seats": 4, "screen": False},
            "Hazel": {"floor": 2, "seats": 8, "screen": True},
            "Rowan": {"floor": 2, "seats": 14, "screen": True},
            "booking": "Rooms are booked in the calendar, for two hours at most.",
        },
    ),
)
