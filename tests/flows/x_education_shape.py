"""A generated file of the shape of the X Education leads: 9,240 rows, 37 columns.

21 lead sources of which two differ only in case, 1,755 leads from Olark Chat, 36
without a source, 734 with Do Not Email, and `Select` where a form field was left
alone. No names and no addresses: those come from templates.
"""

from __future__ import annotations

import csv
import random
from pathlib import Path

ROWS = 9_240
DO_NOT_EMAIL = 734
HEADER = [
    "Prospect ID",
    "Lead Number",
    "Lead Origin",
    "Lead Source",
    "Do Not Email",
    "Do Not Call",
    "Converted",
    "TotalVisits",
    "Total Time Spent on Website",
    "Page Views Per Visit",
    "Last Activity",
    "Country",
    "Specialization",
    "How did you hear about X Education",
    "What is your current occupation",
    "What matters most to you in choosing a course",
    "Search",
    "Magazine",
    "Newspaper Article",
    "X Education Forums",
    "Newspaper",
    "Digital Advertisement",
    "Through Recommendations",
    "Receive More Updates About Our Courses",
    "Tags",
    "Lead Quality",
    "Update me on Supply Chain Content",
    "Get updates on DM Content",
    "Lead Profile",
    "City",
    "Asymmetrique Activity Index",
    "Asymmetrique Profile Index",
    "Asymmetrique Activity Score",
    "Asymmetrique Profile Score",
    "I agree to pay the amount through cheque",
    "A free copy of Mastering The Interview",
    "Last Notable Activity",
]
SOURCES = {
    "Google": 2_868,
    "Direct Traffic": 2_543,
    "Olark Chat": 1_755,
    "Organic Search": 1_154,
    "Reference": 534,
    "Welingak Website": 142,
    "Referral Sites": 125,
    "Facebook": 55,
    "bing": 6,
    "google": 5,
    "Click2call": 4,
    "Press_Release": 2,
    "Social Media": 2,
    "Live Chat": 2,
    "youtubechannel": 1,
    "testone": 1,
    "Pay per Click Ads": 1,
    "welearnblog_Home": 1,
    "WeLearn": 1,
    "blog": 1,
    "NC_EDM": 1,
    "": 36,
}
ORIGINS = ["API", "Landing Page Submission", "Lead Add Form", "Lead Import"]
CITIES = ["Select", "Mumbai", "Thane & Outskirts", "Other Cities", ""]
COUNTRIES = ["India", "India", "India", "", "United States", "Singapore"]
SPECIALIZATIONS = ["Select", "Finance Management", "Marketing Management", ""]
OCCUPATIONS = ["Unemployed", "Working Professional", "Student", ""]
MAPPING = {
    "columns": {
        "Prospect ID": "external_id",
        "Lead Source": "lead_source",
        "Do Not Email": "do_not_email",
        "Do Not Call": "do_not_phone",
        "Country": "country",
        "City": "city",
    },
    "templates": {
        "last_name": "Prospect {Lead Number}",
        "email": "prospect{Lead Number}@x-education.example",
        "topic": "{Lead Origin}",
    },
    "values": {
        "lead_source": "*",
        "city": {"Select": None},
        "country": {"Select": None},
    },
    "match": ["email"],
}


def rows(seed: int = 2026) -> list[list[str]]:
    """The rows, the same ones for the same seed."""
    dice = random.Random(seed)
    sources = [name for name, count in SOURCES.items() for _ in range(count)]
    refused = ["Yes"] * DO_NOT_EMAIL + ["No"] * (ROWS - DO_NOT_EMAIL)
    dice.shuffle(sources)
    dice.shuffle(refused)
    return [
        _row(dice, number, source, refuse)
        for number, (source, refuse) in enumerate(zip(sources, refused, strict=True))
    ]


def _row(dice: random.Random, number: int, source: str, refuse: str) -> list[str]:
    visits = dice.randrange(0, 20)
    known = {
        "Prospect ID": f"{dice.getrandbits(128):032x}",
        "Lead Number": str(660_737 - number),
        "Lead Origin": dice.choice(ORIGINS),
        "Lead Source": source,
        "Do Not Email": refuse,
        "Converted": str(int(dice.random() < 0.3854)),
        "TotalVisits": str(visits),
        "Total Time Spent on Website": str(dice.randrange(0, 2_000)),
        "Page Views Per Visit": f"{visits / 2:g}",
        "Last Activity": dice.choice(["Email Opened", "SMS Sent", ""]),
        "Country": dice.choice(COUNTRIES),
        "Specialization": dice.choice(SPECIALIZATIONS),
        "How did you hear about X Education": dice.choice(["Select", "Online Search"]),
        "What is your current occupation": dice.choice(OCCUPATIONS),
        "City": dice.choice(CITIES),
        "Lead Profile": dice.choice(["Select", "Potential Lead", ""]),
        "Last Notable Activity": "Modified",
    }
    return [known.get(name, "No") for name in HEADER]


def write(path: Path, seed: int = 2026) -> Path:
    """Write the file and give its path."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        writer.writerows(rows(seed))
    return path
