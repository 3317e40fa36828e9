from __future__ import annotations

import hashlib
import re

import httpx
import pytest
from fastapi import FastAPI

from controller.console.serving import PAGE, make_console_router, read_files

# sha256 of the files in the package lit-html 3.3.3 as it was published
VENDORED = {
    "lit-html.js": "b878e7f95dec8a9b6e9b217faca6b6a11bad82ebc44c0caa77419ed83edd81f2",
    "directive.js": "3344c4f41c69cd0701d3937e8f9ef90bd845614bf6456d0b8314b7c51d415b9d",
    "directive-helpers.js": "f7fb1154b8f72ed2cc08b05eaeed71c99270e9ad2d48620ed24688a1af4c2b62",
    "directives/repeat.js": "083140026ecd8665fedd15b17769f9d516252a9f1502f1e91e6967686ee82626",
}
OURS = [path for path in PAGE.rglob("*.js") if "vendor" not in path.parts]


@pytest.fixture
async def client() -> httpx.AsyncClient:
    app = FastAPI()
    app.include_router(make_console_router())
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://console")


async def test_the_pages_come_with_a_policy_that_lets_nothing_in(client: httpx.AsyncClient) -> None:
    for path in ("/", "/login", "/console/main.js", "/console/base.css", "/console/nowhere.js"):
        headers = (await client.get(path)).headers
        policy = dict(directive.split(" ", 1) for directive in headers["content-security-policy"].split("; "))
        assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
        assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
        assert (headers["x-content-type-options"], headers["referrer-policy"], headers["cache-control"]) == (
            "nosniff",
            "no-referrer",
            "no-cache",
        )


async def test_every_file_has_its_type_and_is_not_sent_twice(client: httpx.AsyncClient) -> None:
    first = await client.get("/console/main.js")
    assert (first.status_code, first.headers["content-type"]) == (200, "text/javascript; charset=utf-8")
    again = await client.get("/console/main.js", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert (await client.head("/")).headers["content-type"] == "text/html; charset=utf-8"


async def test_no_path_leads_out_of_the_page(client: httpx.AsyncClient) -> None:
    for path in (
        "../serving.py",
        "%2e%2e/serving.py",
        "..%2fserving.py",
        "/etc/passwd",
        "vendor/lit-html/LICENSE",
        "index.html",
        "views",
        "",
    ):
        assert (await client.get(f"/console/{path}")).status_code == 404, path


def test_everything_that_the_pages_and_modules_name_is_there() -> None:
    files = read_files()
    for page in ("index.html", "login.html"):
        named = re.findall(rb'(?:src|href)="console/([^"]+)"', files[page].body)
        assert named
        assert all(name.decode() in files for name in named)
    for path in OURS:
        for name in re.findall(r"from '(\.[^']+)'", path.read_text(encoding="utf-8")):
            assert (path.parent / name).resolve().is_file(), f"{path.name} imports {name}"


def test_the_library_is_the_published_one_and_has_its_licence() -> None:
    folder = PAGE / "vendor" / "lit-html"
    assert {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in VENDORED} == VENDORED
    assert "BSD 3-Clause" in (folder / "LICENSE").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "forbidden", [r"unsafeHTML", r"innerHTML", r"\bstyle=", r"\beval\(", r"new Function", r"\son[a-z]+=\"", r"https?://(?!www\.w3\.org)"]
)
def test_nothing_in_our_modules_could_run_or_load_what_others_wrote(forbidden: str) -> None:
    for path in (*OURS, *PAGE.glob("*.html")):
        assert not re.search(forbidden, path.read_text(encoding="utf-8")), f"{path.name}: {forbidden}"


def words(language: str) -> dict[str, str]:
    text = (PAGE / "strings" / f"{language}.js").read_text(encoding="utf-8")
    return dict(re.findall(r"^  '([^']+)': '(.*)',$", text, re.MULTILINE))


def test_every_word_is_in_both_languages_and_asks_for_the_same_values() -> None:
    ukrainian, english = words("uk"), words("en")
    assert list(ukrainian) == list(english)
    for key, text in ukrainian.items():
        # a plural is enough: "waiting" needs no number in English
        assert set(re.findall(r"\{(\w+)\}", text)) == set(re.findall(r"\{(\w+)\}", english[key])), key


def test_every_word_that_a_module_names_is_in_the_dictionary() -> None:
    known = words("uk")
    for path in OURS:
        if path.parent.name == "strings":
            continue
        for key in re.findall(r"\bt\('([\w.]+)'", path.read_text(encoding="utf-8")):
            assert key in known, f"{path.name} says {key}"


def test_the_files_are_small_enough_to_read() -> None:
    lengths = {
        path: len(path.read_text(encoding="utf-8").splitlines()) for path in (*OURS, *PAGE.glob("*.css")) if path.parent.name != "strings"
    }
    assert {path.name: length for path, length in lengths.items() if length > 350} == {}
