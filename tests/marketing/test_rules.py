"""Pure rules: fields, HTML, redirects, tokens."""

from __future__ import annotations

import pytest
import time_machine

from core.base.errors import Invalid
from crm.models import Contact, Lead
from marketing.rules.content import sanitise, split_at_form
from marketing.rules.fields import clean_values, load_fields, parse_fields
from marketing.rules.redirects import redirect_problem
from marketing.rules.targets import CONTACT_TARGETS, LEAD_TARGETS
from marketing.rules.tokens import read_shown, sign_shown

NAME = {"name": "a", "label": "A"}

PAYLOADS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    '<a href="javascript:alert(1)">x</a>',
    '<a href="java\tscript:alert(1)">x</a>',
    '<a href=" javascript:alert(1)">x</a>',
    '<a href="&#106;avascript:alert(1)">x</a>',
    '<a href="data:text/html,<script>alert(1)</script>">x</a>',
    '<a href="vbscript:x">x</a>',
    '<iframe src="https://evil.example"></iframe>',
    '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
    "<object data=evil.swf></object>",
    "<embed src=evil.swf>",
    "<form action=https://evil.example><input name=p></form>",
    "<input autofocus onfocus=alert(1)>",
    "<button formaction=javascript:alert(1)>x</button>",
    '<p style="background:url(javascript:alert(1))">x</p>',
    "<style>@import 'https://evil.example/x.css'</style>",
    '<link rel=stylesheet href="https://evil.example/x.css">',
    '<meta http-equiv="refresh" content="0;url=https://evil.example">',
    '<base href="https://evil.example/">',
    "<math><mtext><img src=x onerror=alert(1)></mtext></math>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'></noscript>",
    '<div data-form onclick="alert(1)"></div>',
    "<details open ontoggle=alert(1)>x</details>",
    "<video><source onerror=alert(1)></video>",
    "<!--<img src='--><img src=x onerror=alert(1)>'>",
    "<template><script>alert(1)</script></template>",
    '<img src="data:image/svg+xml,<svg onload=alert(1)>">',
    "<textarea><img src=x onerror=alert(1)></textarea>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
]
FORBIDDEN = (
    "<script",
    "<iframe",
    "<object",
    "<embed",
    "<form",
    "<input",
    "<style",
    "<link",
    "<meta",
    "<base",
    "<svg",
    "<button",
    "<template",
    'href="javascript',
    'href="java',
    'href="data',
    'href="vb',
    'src="data',
    "style=",
)


class TestContent:
    @pytest.mark.parametrize("payload", PAYLOADS)
    def test_nothing_that_runs_survives(self, payload):
        clean = sanitise(f"<p>before</p>{payload}<p>after</p>")
        lower = clean.lower()

        assert not [bad for bad in FORBIDDEN if bad in lower]
        for start in range(len(lower)):
            if lower[start] == "<":
                tag = lower[start : lower.find(">", start)]
                assert " on" not in tag
        assert sanitise(clean) == clean

    def test_plain_content_stays(self):
        html = (
            '<h1>Hi</h1><div class="columns"><p class="lead">A '
            '<a href="https://a.example/" rel="noopener noreferrer">link</a></p></div>'
            '<img src="/media/a.png" alt="A roof">'
        )
        assert sanitise(html) == html

    @pytest.mark.parametrize(
        "marker",
        [
            "<div data-form></div>",
            '<div data-form="">  </div>',
            "<div  DATA-FORM></div>",
        ],
    )
    def test_the_form_has_one_place(self, marker):
        html = sanitise(f"<p>a</p>{marker}<p>b</p>{marker}")

        assert split_at_form(html) == ("<p>a</p>", "<p>b</p>")

    def test_without_a_place_it_stands_at_the_end(self):
        assert split_at_form("<p>a</p>") == ("<p>a</p>", "")


class TestRedirects:
    @pytest.mark.parametrize(
        "target", ["", "/", "/p/thanks/?a=b#c", "https://shop.example/x"]
    )
    def test_allowed(self, target):
        assert redirect_problem(target, ["shop.example"]) is None

    @pytest.mark.parametrize(
        "target",
        [
            "//evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "///evil.example",
            "https://evil.example/",
            "https://shop.example@evil.example/",
            "https://evil.example\\@shop.example/",
            "https://shop.example.evil.example/",
            "https:evil.example",
            "https:///evil.example",
            "javascript:alert(1)",
            "data:text/html,x",
            "/a\r\nSet-Cookie: x=1",
            "/\t/evil.example",
            " //evil.example",
            "http://[",
            "thanks",
            "/a\x00b",
            "ftp://shop.example/",
        ],
    )
    def test_refused(self, target):
        assert redirect_problem(target, ["shop.example"])


class TestDefinitions:
    def test_what_is_left_out_has_its_default(self):
        (spec,) = parse_fields([NAME])

        assert (spec.kind, spec.required, spec.longest) == ("text", False, 250)
        assert load_fields([spec.as_definition()]) == [spec]

    @pytest.mark.parametrize(
        ("definitions", "attr"),
        [
            ("email", "fields"),
            (["email"], "fields[0]"),
            ([{"name": "a"}], "fields[0]"),
            ([{**NAME, "label": " "}], "fields[0].label"),
            ([{**NAME, "name": "A b"}], "fields[0].name"),
            ([{**NAME, "name": "wait"}], "fields[0].name"),
            ([{**NAME, "name": 3}], "fields[0].name"),
            ([NAME, NAME], "fields[1].name"),
            ([{**NAME, "kind": "file"}], "fields[0].kind"),
            ([{**NAME, "kind": "select"}], "fields[0].options"),
            ([{**NAME, "options": [1]}], "fields[0].options[0]"),
            ([{**NAME, "required": "yes"}], "fields[0].required"),
            ([{**NAME, "max_length": -1}], "fields[0].max_length"),
            ([{**NAME, "max_length": True}], "fields[0].max_length"),
            ([{**NAME, "contact": "owner"}], "fields[0].contact"),
            ([{**NAME, "lead": "state"}], "fields[0].lead"),
            ([{**NAME, "lead": "custom."}], "fields[0].lead"),
            ([{**NAME, "label": "a\x00"}], "fields[0].label"),
            ([{**NAME, "colour": "red"}], "fields[0].colour"),
            ([{**NAME, "label": "x" * 100_000}], "fields[0].label"),
            ([NAME] * 100, "fields"),
        ],
    )
    def test_a_wrong_one_is_refused_at_its_place(self, definitions, attr):
        with pytest.raises(Invalid) as caught:
            parse_fields(definitions)
        assert caught.value.attr == attr


class TestAnswers:
    @pytest.mark.parametrize(
        ("kind", "sent", "stored"),
        [
            ("text", "  Ada ", "Ada"),
            ("text", 7, "7"),
            ("number", "3.5", "3.5"),
            ("date", "2026-02-28", "2026-02-28"),
            ("checkbox", "on", True),
            ("url", "example.com", "https://example.com"),
            ("email", " Ada@Example.com ", "Ada@Example.com"),
            ("checkboxes", ["b", "a", "b"], ["b", "a"]),
            ("radio", "a", "a"),
        ],
    )
    def test_good_ones_are_kept(self, kind, sent, stored):
        assert self.clean(kind, sent) == ({"a": stored}, {})

    @pytest.mark.parametrize(
        ("kind", "sent"),
        [
            ("number", "many"),
            ("number", "NaN"),
            ("date", "28.2.2026"),
            ("url", "javascript:alert(1)"),
            ("email", "a@b@c"),
            ("checkboxes", ["z"]),
            ("checkboxes", [["a"]]),
            ("select", "z"),
            ("text", True),
            ("text", "x" * 251),
        ],
    )
    def test_wrong_ones_are_named(self, kind, sent):
        values, errors = self.clean(kind, sent)
        assert values == {}
        assert set(errors) == {"a"}

    @pytest.mark.parametrize("kind", ["text", "checkbox", "checkboxes"])
    def test_a_required_one_says_its_own_message(self, kind):
        _, errors = self.clean(kind, None, required=True, message="Please.")
        assert errors == {"a": "Please."}

    def test_a_hidden_one_has_its_default(self):
        assert self.clean("text", None, hidden=True, default="web")[0] == {"a": "web"}

    @staticmethod
    def clean(kind, sent, **more):
        options = [{"value": "a"}, {"value": "b"}]
        specs = parse_fields([{**NAME, "kind": kind, "options": options, **more}])
        return clean_values(specs, {} if sent is None else {"a": sent})


def test_a_token_tells_form_page_and_time():
    with time_machine.travel("2026-03-01 10:00:00+00:00", tick=False) as clock:
        token = sign_shown(3, 9)
        clock.shift(12)
        shown = read_shown(token, 3)
        assert (shown.form_id, shown.page_id, shown.seconds) == (3, 9, 12)
        assert read_shown(token, 4) is None
        clock.shift(8 * 24 * 3600)
        assert read_shown(token, 3) is None


def test_targets_are_fields_of_the_records(db):
    for model, targets in ((Contact, CONTACT_TARGETS), (Lead, LEAD_TARGETS)):
        names = {field.name for field in model._meta.fields}
        assert set(targets) <= names
