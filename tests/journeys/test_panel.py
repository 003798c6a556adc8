"""An operator at the desk: connects a model, watches the test, writes a character, tries her."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.doubles.upstream import Upstream, in_thread
from tests.journeys.conftest import DESKTOP, PHONE, Site

pytestmark = pytest.mark.browser

AXE = (Path(__file__).parent.parent / "vendor/axe.min.js").read_text(encoding="utf-8")
PASSWORD = "keeper of many lamps"
ROOMS = [
    "/admin/",
    "/admin/characters/character/",
    "/admin/characters/character/add/",
    "/admin/connections/connection/",
    "/admin/connections/connection/add/",
    "/admin/accounts/user/",
    "/admin/accounts/user/add/",
    "/admin/accounts/user/1/change/",
    "/admin/accounts/user/1/password/",
    "/admin/accounts/usage/",
    "/admin/accounts/auditentry/",
    "/admin/conversations/conversation/",
    "/admin/conversations/generation/",
]


@pytest.fixture(scope="module")
def panel(start_site: Callable[..., Site]) -> Site:
    site = start_site()
    site.manage("create_admin", "--username", "keeper", ADMIN_PASSWORD=PASSWORD)
    return site


@pytest.fixture(scope="module")
def upstream() -> Iterator[Upstream]:
    with in_thread(Upstream(pace=30, tokens=20)) as running:
        yield running


@pytest.fixture
def desk(panel: Site, open_page: Callable[..., Page]) -> Callable[..., Page]:
    """Opens the panel in a fresh browser, signed in."""

    def opened(**look: object) -> Page:
        page = open_page(**look)
        page.goto(f"{panel.address}/admin/")
        page.fill("[name=login]", "keeper")
        page.fill("[name=password]", PASSWORD)
        page.press("[name=password]", "Enter")
        page.wait_for_url("**/admin/")
        return page

    return opened


def states(page: Page) -> list[str | None]:
    return [step.get_attribute("data-state") for step in page.locator(".checks li").all()]


def test_a_model_is_connected_and_its_five_steps_are_watched(desk, panel, upstream):
    page = desk()
    page.get_by_role("link", name="Connect a model").click()
    page.get_by_label("Name:").fill("Main")
    page.get_by_label("Kind:").select_option("xingchen")
    page.get_by_label("Address:").fill(upstream.url)
    page.get_by_label("Key:", exact=True).fill("lm-some-long-key")
    page.get_by_role("button", name="Save and continue editing").click()
    assert "lm-some-long-key" not in page.content()
    expect(page.get_by_text("ends in ····-key")).to_be_visible()
    assert states(page) == ["pending"] * 5
    page.get_by_role("button", name="Test now").click()
    expect(page.locator('.checks li[data-state="ok"]')).to_have_count(5)
    expect(page.locator(".checks .said")).to_contain_text("t0001")
    assert upstream.last.headers["authorization"] == "Bearer lm-some-long-key"
    # The panel stays where it is: no page was loaded for it.
    assert page.url.endswith("/change/")


def test_a_refused_key_is_named_in_place_and_without_scripts_as_well(desk, panel, upstream):
    url = upstream.url_of("status_401")
    panel.manage("add_connection", "Bad", "--kind", "openai", "--base-url", url, "--model", "m")
    page = desk()
    page.goto(f"{panel.address}/admin/connections/connection/")
    page.get_by_role("link", name="Bad").click()
    page.get_by_role("button", name="Test now").click()
    expect(page.get_by_text("The key did not get in")).to_be_visible()
    assert states(page) == ["ok", "failed", "pending", "pending", "pending"]
    plain = page.context.browser.new_context(
        java_script_enabled=False, storage_state=page.context.storage_state()
    ).new_page()
    plain.goto(page.url)
    plain.locator("[data-js=probe] button").click()
    expect(plain.get_by_text("The key did not get in")).to_be_visible()
    assert states(plain) == ["ok", "failed", "pending", "pending", "pending"]
    plain.context.close()


def test_a_character_is_written_published_and_tried(desk, panel):
    page = desk()
    page.goto(f"{panel.address}/admin/characters/character/add/")
    page.get_by_label("Name:", exact=True).fill("Mei")
    page.get_by_label("Language:").select_option("en")
    page.get_by_label("Description:").fill("Mei mends kites.")
    page.get_by_label("Greeting:").fill("“Hold this string.”")
    page.get_by_role("button", name="Save and continue editing").click()
    expect(page.locator("pre.payload")).to_contain_text('"content": "Mei mends kites.')
    page.get_by_role("button", name="Try it: open a chat").click()
    page.wait_for_url("**/chats/*/")
    expect(page.get_by_text("Hold this string.").first).to_be_visible()


@pytest.mark.parametrize(
    "look",
    [
        {"viewport": DESKTOP, "color_scheme": "light", "language": "en"},
        {"viewport": PHONE, "color_scheme": "dark", "language": "zh-CN"},
    ],
    ids=["desk-day", "phone-night"],
)
def test_axe_finds_nothing_in_the_panel_and_no_room_scrolls_sideways(desk, panel, look):
    page = desk(**look, bypass_csp=True)
    found = []
    for room in ROOMS:
        page.goto(panel.address + room)
        page.evaluate(AXE)
        faults = page.evaluate("axe.run({ resultTypes: ['violations'] })")["violations"]
        found += [f"{room} {fault['id']} {fault['nodes'][0]['html'][:120]}" for fault in faults]
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        found += [f"{room} is {wide} too wide"] if wide > 0 else []
    assert found == []
