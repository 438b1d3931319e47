"""The business of the demonstration: people, places, products. Nothing here is real."""

from __future__ import annotations

from core.embedded.demo import USERS

# username: first name, last name, job title, team, shipped role
PEOPLE: dict[str, tuple[str, str, str, str, str]] = {
    "admin": ("Ada", "Winter", "Operations", "Europe", "administrator"),
    "marketer": ("Nora", "Brandt", "Marketer", "Marketing", "marketer"),
    "marketing_manager": (
        "Pieter",
        "de Graaf",
        "Head of marketing",
        "Marketing",
        "marketing_manager",
    ),
    "seller1": ("Jonas", "Lindqvist", "Account manager", "Benelux", "salesperson"),
    "seller2": ("Freja", "Holm", "Account manager", "Nordics", "salesperson"),
    "sales_manager": ("Agnes", "Kowal", "Head of sales", "Europe", "sales_manager"),
    "integration": ("Website", "and ERP", "Integration", "Marketing", "integration"),
}
assert set(PEOPLE) == set(USERS), "everybody who may sign in has a name"

# team: the team above it
TEAMS = {"Europe": "", "Benelux": "Europe", "Nordics": "Europe", "Marketing": ""}

ORGANISATION = "Northlight Scanning"
SITE = "https://www.northlight.example"

# name, code, family, price in EUR
PRODUCTS = [
    ("Handheld scanner HX20", "HX20", "Scanners", 690),
    ("Ring scanner RX5", "RX5", "Scanners", 420),
    ("Vehicle terminal VT12", "VT12", "Terminals", 2150),
    ("Freezer terminal FT8", "FT8", "Terminals", 1480),
    ("Pick by light, one aisle", "PBL1", "Systems", 12500),
    ("Label printer LP4", "LP4", "Printers", 560),
    ("Warehouse software, site and year", "WSY", "Software", 9600),
    ("Service plan, one year", "SP1", "Service", 3200),
]

# name, code, kind, status, first and last day from today, budget
CAMPAIGNS = [
    ("Warehouse Day", "WD", "Event", "running", -40, 20, 24000),
    ("Contoso Ltd Conference", "CLC", "Event", "completed", -75, -70, 9000),
    ("Cold chain guide", "CCG", "Direct marketing", "running", -120, 60, 6500),
    ("Ring scanners on trial", "RST", "Advertisement", "running", -60, 30, 12000),
    ("Service plan renewals", "SPR", "Direct marketing", "planned", 14, 75, 3000),
]

TAGS = [
    ("Key account", "violet"),
    ("Cold chain", "blue"),
    ("Trial unit", "green"),
    ("Reseller", "slate"),
    ("Visited the stand", "amber"),
]

# country: phone prefix, first and last names, cities
COUNTRIES: dict[str, tuple[str, str, str, str]] = {
    "Netherlands": (
        "+31 10 555",
        "Maartje Daan Sanne Bram Femke Ruben Lotte Thijs Anouk Jeroen Eva Koen",
        "van den Berg|de Vries|Bakker|Visser|Smit|Mulder|de Groot|Bos|Peters|Hendriks",
        "Rotterdam|Venlo|Tilburg|Utrecht|Zwolle",
    ),
    "Belgium": (
        "+32 3 555",
        "Lien Wout Charlotte Pieter Elise Jef Nathalie Senne",
        "Janssens|Maes|Jacobs|Claes|Wouters|Lambert|Dubois",
        "Antwerp|Ghent|Liège",
    ),
    "Sweden": (
        "+46 31 555",
        "Astrid Erik Elsa Oskar Linnea Gustav Maja Nils",
        "Lindgren|Nyström|Bergman|Ekström|Sandberg|Åkesson",
        "Gothenburg|Malmö|Jönköping",
    ),
    "Denmark": (
        "+45 32 55",
        "Ida Rasmus Signe Mikkel Karla Søren Freja Jeppe",
        "Sørensen|Møller|Kjær|Lund|Bech|Thomsen",
        "Aarhus|Copenhagen|Kolding",
    ),
    "Norway": (
        "+47 22 55",
        "Ingrid Henrik Solveig Lars Silje Magnus",
        "Hansen|Solberg|Haugen|Dahl|Moen",
        "Oslo|Bergen",
    ),
    "Germany": (
        "+49 40 555",
        "Katrin Jonas Miriam Felix Anke Stefan Leonie Tobias",
        "Schubert|Hoffmann|Krüger|Brandt|Vogel|Seidel|Winkler",
        "Hamburg|Duisburg|Nuremberg|Leipzig",
    ),
    "Poland": (
        "+48 61 555",
        "Agnieszka Tomasz Katarzyna Piotr Magdalena Marek",
        "Zieliński|Wójcik|Kamińska|Mazur|Krawczyk",
        "Poznań|Łódź|Gdańsk",
    ),
    "United Kingdom": (
        "+44 161 496",
        "Aisha Daniel Priya Oliver Grace Samuel Hannah Callum",
        "Rahman|Okafor|Patel|Whitfield|Barlow|Marsh|Ellison",
        "Manchester|Felixstowe|Leeds",
    ),
    "Italy": (
        "+39 02 5550",
        "Chiara Luca Giulia Marco Elena Davide",
        "Lombardi|Ricci|Conti|Ferrari|Galli",
        "Milan|Bologna|Verona",
    ),
}
REGIONS = {
    "Netherlands": "Benelux",
    "Belgium": "Benelux",
    "Sweden": "Nordics",
    "Denmark": "Nordics",
    "Norway": "Nordics",
}

# country: companies as name/industry
COMPANIES = {
    "Netherlands": "Koopman Logistics/Logistics|Maasvlakte Cold Store/Logistics|"
    "Van Dalen Fruit/Food and beverage|Polderland Dairy/Food and beverage|"
    "Brabant Fulfilment/Logistics|De Kade Retail/Retail|Hollandse Bouwstoffen/"
    "Construction|Tulp Pharma Distribution/Pharmaceuticals|Waalhaven Stevedores/"
    "Logistics|Oranje Parts/Automotive|Zuiderzee Textiles/Consumer goods|"
    "Rijnmond Chemie/Chemicals",
    "Belgium": "Scheldt Warehousing/Logistics|Ardenne Chocolatiers/Food and beverage|"
    "Maison Delorme/Retail|Flanders Fashion Hub/Consumer goods|Kempen Metals/"
    "Manufacturing|Brussels Medical Supply/Healthcare|Lys Textiles/Manufacturing",
    "Sweden": "Göta Lager/Logistics|Vättern Möbler/Manufacturing|Norrsken Energi/"
    "Energy|Malmö Frysexpress/Logistics|Bohus Seafood/Food and beverage|"
    "Småland Plast/Manufacturing|Svea Apotek/Pharmaceuticals|Hisingen Parts/Automotive",
    "Denmark": "Nordhavn Freight/Logistics|Fjordfisk Export/Food and beverage|"
    "Jutland Pork/Food and beverage|Aarhus Byg/Construction|Limfjord Logistics/"
    "Logistics|Sund Retail/Retail|Kolding Pumps/Manufacturing|Amager Medico/Healthcare",
    "Norway": "Vestland Laks/Food and beverage|Oslofjord Freight/Logistics|"
    "Bergen Marine Supply/Manufacturing|Dovre Sport/Retail|Fram Engros/Consumer goods",
    "Germany": "Elbe Kontor/Logistics|Hansa Getränke/Food and beverage|"
    "Ruhr Ersatzteile/Automotive|Franken Werkzeug/Manufacturing|Pleisse Versand/Retail|"
    "Nordlicht Kühlhaus/Logistics|Alster Pharma/Pharmaceuticals|Duisport Lager/"
    "Logistics|Saale Papier/Manufacturing|Wendland Holzbau/Construction",
    "Poland": "Wielkopolska Fresh/Food and beverage|Baltic Cross-Dock/Logistics|"
    "Łódź Textile Works/Manufacturing|Piast Magazyny/Logistics|Mazovia Retail/Retail|"
    "Gdańsk Reefer/Logistics|Warta Meble/Consumer goods",
    "United Kingdom": "Brightline Retail/Retail|Meridian Pharma/Pharmaceuticals|"
    "Felixstowe Bonded/Logistics|Pennine Parcels/Logistics|Harrow Foods/"
    "Food and beverage|Mersey Chandlers/Manufacturing|Thornbury Books/Retail|"
    "Calder Valley Brewing/Food and beverage|Ashdown Hospital Supply/Healthcare",
    "Italy": "Lombardi Alimentari/Food and beverage|Ricci Ceramiche/Manufacturing|"
    "Verona Vini/Food and beverage|Emilia Packaging/Manufacturing|Navigli Moda/"
    "Consumer goods|Po Logistica/Logistics",
}

JOBS = [
    ("Warehouse manager", "Decision maker"),
    ("Head of operations", "Decision maker"),
    ("Supply chain director", "Decision maker"),
    ("Shift supervisor", "User"),
    ("IT manager", "Influencer"),
    ("Purchasing officer", "Gatekeeper"),
    ("Process engineer", "Influencer"),
    ("Logistics planner", "User"),
    ("Office manager", "Gatekeeper"),
]

TOPICS = [
    "120 old terminals to replace",
    "Scanners for store inventory",
    "Pick by light for the returns aisle",
    "Ring scanners for the night shift",
    "Freezer terminals that survive -28 degrees",
    "Label printing at the dock",
    "Second warehouse opens in spring",
    "Stock counts take a whole weekend",
    "Trial of two vehicle terminals",
    "Service plan for 40 handhelds",
    "Picking errors in the cold store",
    "Replace paper picking lists",
    "Interface to the ERP",
    "Goods receipt by mobile scanner",
]

# lead source and how many in a hundred
SOURCES = [
    ("Web", 26),
    ("Trade show", 18),
    ("Google", 14),
    ("Email", 12),
    ("Partner", 9),
    ("LinkedIn Sponsored Content", 8),
    ("Phone inquiry", 7),
    ("Word of mouth", 6),
]

# path on the website, its title, how often it is seen
SITE_PAGES = [
    ("/products/ring-scanner/", "Ring scanner RX5", 6),
    ("/products/freezer-terminal/", "Freezer terminal FT8", 4),
    ("/products/pick-by-light/", "Pick by light", 6),
    ("/pricing/", "Pricing", 4),
    ("/guides/cold-chain/", "Cold chain guide", 4),
    ("/stories/nordhavn/", "How Nordhavn counts stock in an hour", 3),
    ("/", "Home page", 7),
]
EMAILS = ["Spring launch", "Cold chain guide", "Invitation to Warehouse Day"]

CALLS = [
    ("Call back about the trial units", "phone_call"),
    ("Send the offer for one aisle", "task"),
    ("Visit the warehouse", "appointment"),
    ("Ask for the floor plan", "phone_call"),
    ("Battery life of the old terminals", "customer_request"),
    ("Prepare the pilot", "task"),
    ("Call about rent or purchase", "phone_call"),
    ("Confirm the dates of Warehouse Day", "task"),
]
NOTES = [
    "Three shifts, the night shift has the most picking errors.",
    "Budget is approved for this year; the board decides on the second site later.",
    "Uses terminals from 2016, spare batteries are hard to get.",
    "Wants to see the ring scanner with gloves on.",
    "Prefers to be called before ten.",
    "Compares us with two others, service in one day matters most.",
    "Met at the stand; asked two good questions about the interface to the ERP.",
]
