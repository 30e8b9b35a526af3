"""The local OCI's page in a real browser: looked at, pointed at, typed into, and attacked."""

from __future__ import annotations

import json
import os
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Error,
    Locator,
    Page,
    Route,
    ViewportSize,
    expect,
    sync_playwright,
)

from tests.conftest import NO_BROWSER
from tests.world import World, world

LANES = ("triggers", "function", "requests", "topics")
# `make screenshot` sets it: where the picture on the first page is written to.
PICTURE = os.environ.get("CONSOLE_PICTURE")
# Set where a browser has to be there, as in CI: tests that are left out there would be missed by nobody.
REQUIRED = "BROWSER_REQUIRED"
ROW_HEIGHT = 78  # as in console.css
WIDE, NARROW = ViewportSize(width=1600, height=1000), ViewportSize(width=380, height=800)
REBOUND = "rebound.example"
# The longest that anything is waited for; all waits are for what happens.
MILLISECONDS = 20_000
OPTIONS = [
    "--no-sandbox",  # which it cannot have as root
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--no-first-run",
    # The name of a page that has had it point to this machine.
    f"--host-resolver-rules=MAP {REBOUND} 127.0.0.1",
]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium without a window, one for all tests, which are left out, or fail, where it is missing."""
    path = shutil.which("chromium")
    if path is None:
        if os.environ.get(REQUIRED):
            pytest.fail(f"{NO_BROWSER}, and {REQUIRED} is set")
        pytest.skip(NO_BROWSER)
    expect.set_options(timeout=MILLISECONDS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=OPTIONS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def seen() -> Iterator[World]:
    """A local OCI as ``make run KEEP=1`` serves it, with a queue in which a second lasts a thousandth."""
    with world(wired=True, lifecycle_seconds=0.2, queue_second_seconds=0.001, page_size=100) as cloud:
        yield cloud


@pytest.fixture(scope="session")
def tab(browser: Browser) -> Iterator[Page]:
    """The browser's one tab, which a page is opened in by each test: to open a tab takes longer than most of them."""
    tab = browser.new_page(permissions=["clipboard-read", "clipboard-write"])
    tab.set_default_timeout(MILLISECONDS)
    yield tab
    tab.close()


@pytest.fixture
def page(tab: Page, seen: World) -> Iterator[Page]:
    """The page on a large screen."""
    with opened(tab, seen) as page:
        yield page


@contextmanager
def opened(
    tab: Page, cloud: World, size: ViewportSize = WIDE, scheme: Literal["light", "dark"] = "light"
) -> Iterator[Page]:
    """Open the page; neither a script of it nor its policy must have complained in the end."""
    complaints: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            complaints.append(message.text)

    def hear_error(error: Error) -> None:
        complaints.append(str(error))

    tab.set_viewport_size(size)
    tab.emulate_media(color_scheme=scheme)
    tab.mouse.move(0, 0)
    tab.on("console", hear)
    tab.on("pageerror", hear_error)
    tab.goto(f"{cloud.oci.base_url}/")
    expect(tab.locator("#connection")).to_contain_text("live on")
    yield tab
    tab.goto("about:blank")
    tab.remove_listener("console", hear)
    tab.remove_listener("pageerror", hear_error)
    assert complaints == []


def rows(page: Page, lane: str, text: str = "") -> Locator:
    return page.locator(f"#{lane} .row").filter(has_text=text)


def tally(page: Page, lane: str) -> Locator:
    """How many a lane holds, and how many of them are lit."""
    return page.locator(f"#{lane}-title ~ .tally")


def press(page: Page, button: str, **values: str) -> None:
    """Open a button's form, fill it in, and send it."""
    page.get_by_role("navigation", name="Actions").get_by_role("button", name=button, exact=True).click()
    form = page.locator("#form")
    for name, value in values.items():
        field = form.locator(f"[name={name}]")
        if field.evaluate("field => field.tagName") == "SELECT":
            field.locator("option", has_text=value).first.wait_for(state="attached")
            field.select_option(label=value)
        else:
            field.fill(value)
    form.get_by_role("button", name=button, exact=True).click()
    expect(form.locator(".result")).to_contain_text(f"{button}: done")
    form.get_by_role("button", name="Close").click()


def card(page: Page, name: str) -> Locator:
    """A volume's card in the state."""
    return page.locator("#state .card").filter(has=page.get_by_text(name, exact=True))


def section(page: Page, title: str) -> Locator:
    """A part of the opened entry."""
    return page.locator("#details .sections > section").filter(has=page.get_by_role("heading", name=title, exact=True))


def make_volume(page: Page, name: str) -> None:
    press(page, "Make a volume", name=name)
    expect(card(page, name).locator(".name .badge")).to_have_text("AVAILABLE")


def back_up(cloud: World, name: str) -> None:
    """Let something happen that the page does not do by itself."""
    volume = cloud.volume(displayName=name, freeformTags={"shop": name})
    cloud.answer({"volumeId": volume, "displayName": name})


# The story


def test_a_tag_goes_through_the_lanes_until_its_backup_is_available(page: Page) -> None:
    make_volume(page, "orders")
    press(page, "Set a tag", volumeId="orders", key="backup", value="full")
    expect(rows(page, "triggers", "updatevolume").filter(has_text="orders")).to_contain_text("backup: full")
    expect(rows(page, "topics", "accepted: orders")).to_contain_text("volumebackup.accepted")
    expect(rows(page, "topics", "completed: orders-")).to_contain_text("volumebackup.available")
    expect(card(page, "orders").locator(".tag")).to_have_text("backup: full")
    expect(card(page, "orders").locator(".backups .badge")).to_have_text("AVAILABLE")
    created = rows(page, "requests", "CreateVolumeBackup of orders")
    expect(created).to_contain_text("200 REQUEST_RECEIVED")
    expect(created).to_contain_text("signature verified · token ")
    answered = rows(page, "function", "accepted orders")
    expect(answered).to_contain_text("200")
    expect(answered.locator(".badge", has_text="cold").or_(answered.locator(".badge", has_text="warm"))).to_be_visible()


def test_the_whole_way_is_lit_from_whichever_part_is_pointed_at(page: Page, seen: World) -> None:
    make_volume(page, "lit")
    press(page, "Set a tag", volumeId="lit", value="incremental")
    expect(rows(page, "topics", "completed: lit-")).to_be_visible()
    # Something else happens, too, which is on another way.
    back_up(seen, "unlit")
    expect(rows(page, "topics", "accepted: unlit")).to_be_visible()
    for lane, text in (("topics", "accepted: lit"), ("triggers", "updatevolume"), ("requests", "of lit")):
        rows(page, lane, text).first.hover()
        expect(rows(page, "topics", "accepted: unlit")).not_to_have_class("row lit")
        for part, said in (
            ("triggers", "updatevolume"),
            ("triggers", "createvolumebackup.end"),
            ("function", "accepted lit"),
            ("requests", "CreateVolumeBackup of lit"),
            ("topics", "accepted: lit"),
            ("topics", "completed: lit-"),
        ):
            expect(page.locator(f"#{part} .row.lit").filter(has_text=said)).to_have_count(1)
    expect(tally(page, "topics")).to_contain_text("2 of ")
    page.locator("#connection").hover()
    expect(page.locator(".row.lit")).to_have_count(0)


def test_an_opened_message_is_shown_as_people_and_as_machines_get_it(page: Page, seen: World) -> None:
    back_up(seen, "told")
    rows(page, "topics", "accepted: told").click()
    details = page.get_by_role("region", name="The opened entry")
    people = section(page, "As people get it, in a mail")
    expect(people.locator("pre")).to_contain_text("Subject: accepted: told")
    machines = section(page, "As machines get it").locator("pre")
    assert json.loads(machines.inner_text())["type"] == "volumebackup.accepted"
    steps = details.locator(".step")
    expect(steps.filter(has_text="CreateVolumeBackup of told")).to_be_visible()
    steps.filter(has_text="function").first.click()
    expect(section(page, "Log").locator("pre")).to_contain_text('"log": "invocation"')
    expect(section(page, "Invocation")).to_contain_text("200")


def test_what_is_pressed_stays_below_the_hand_until_it_is_let_go_however_much_comes(page: Page, seen: World) -> None:
    back_up(seen, "pressed")
    # Once whoever told the end has answered, nothing else comes by itself.
    expect(rows(page, "topics", "completed: pressed")).to_be_visible()
    expect(rows(page, "function", "running")).to_have_count(0)
    pressed = rows(page, "requests", "CreateVolumeBackup of pressed")
    pressed.hover()
    place = pressed.bounding_box()
    page.mouse.down()
    back_up(seen, "behind")
    expect(rows(page, "topics", "accepted: behind")).to_be_visible()
    expect(rows(page, "requests", "of behind")).to_have_count(0)
    assert pressed.bounding_box() == place
    page.mouse.up()
    opened = page.get_by_role("region", name="The opened entry")
    expect(opened.locator("header")).to_contain_text("CreateVolumeBackup")
    expect(opened.locator(".step[aria-current=true]")).to_contain_text("CreateVolumeBackup of pressed")
    page.locator("section:has(#requests) .newer").click()
    expect(rows(page, "requests", "CreateVolumeBackup of behind")).to_be_visible()


def test_an_alarm_fires_and_a_scripted_fault_is_sent_again_under_its_token(page: Page) -> None:
    press(page, "Launch an instance", name="web-7")
    expect(card(page, "web-7 (Boot Volume)").first).to_contain_text("attached to web-7")
    make_volume(page, "web-7-disk")
    press(page, "Attach a volume", volumeId="web-7-disk", instanceId="web-7")
    expect(card(page, "web-7-disk")).to_contain_text("attached to web-7")
    press(page, "Make an alarm", name="web-7 is sick")
    press(page, "Script a fault", operation="CreateBootVolumeBackup", what="503 ServiceUnavailable", times="1")
    expect(page.locator("#state")).to_contain_text("CreateBootVolumeBackup answers 503 ServiceUnavailable, 1 to come")
    press(page, "Fire the alarm", alarmId="web-7 is sick", resourceId="web-7")
    expect(rows(page, "triggers", "web-7 is sick").locator(".badge").first).to_have_text("alarm")
    failed = rows(page, "requests", "CreateBootVolumeBackup").filter(has_text="retried")
    again = rows(page, "requests", "CreateBootVolumeBackup").filter(has_text="try 2")
    expect(failed.locator(".badge").first).to_have_text("503")
    expect(failed).to_contain_text("fault")
    expect(again.locator(".badge").first).to_have_text("200")
    assert failed.locator(".below").inner_text() == again.locator(".below").inner_text()
    expect(rows(page, "topics", "2 accepted: ")).to_be_visible()
    failed.click()
    expect(page.get_by_role("region", name="The opened entry")).to_contain_text("answers 503 ServiceUnavailable")
    if PICTURE:
        take_picture(page, Path(PICTURE))


def take_picture(page: Page, path: Path) -> None:
    """The picture on the first page: the alarm's way is lit."""
    page.keyboard.press("Escape")
    for name in ("web-7-disk", "web-7 (Boot Volume)"):
        expect(card(page, name).locator(".backups .badge")).to_have_text("AVAILABLE")
    page.evaluate("document.querySelectorAll('.rows').forEach((list) => list.scrollTo(0, 0))")
    page.set_viewport_size(ViewportSize(width=1440, height=860))
    rows(page, "triggers", "web-7 is sick").hover()
    page.wait_for_timeout(300)  # the rows' colours have 120 ms to change
    page.screenshot(path=path)


def test_work_that_waits_in_a_held_queue_comes_back(tab: Page) -> None:
    with world(wired=True, lifecycle_seconds=0.2, queue_second_seconds=0.001, page_size=100) as cloud:
        queue = cloud.queue(visibilityInSeconds=900)
        source = {"kind": "plugin", "pluginName": "QueueSource", "configMap": {"queueId": queue}}
        cloud.connector(source, batchSizeInNum=1)
        cloud.oci.configure(WORK_QUEUE_ID=queue)
        volume = cloud.volume(displayName="twice")
        with opened(tab, cloud) as page:
            panel = page.locator("#state .panel", has_text="Queue work")
            expect(panel).to_contain_text("Nothing waits.")
            press(page, "Hold the queue", connectorId="to the function")
            # A volume has one backup at a time, and the first one's does not end here.
            with cloud.held():
                for value in ("incremental", "full"):
                    cloud.oci.operator.call("PUT", f"/20160918/volumes/{volume}", {"freeformTags": {"backup": value}})
                expect(rows(page, "topics", "deferred: twice")).to_contain_text("volumebackup.deferred")
                expect(panel).to_contain_text("visible, waits to be read")
            expect(rows(page, "topics", "completed: twice-")).to_have_count(1)
            press(page, "Release the queue", connectorId="to the function")
            expect(rows(page, "triggers", "hands over 1 item").first).to_be_visible()
            expect(rows(page, "topics", "completed: twice-")).to_have_count(2)
            expect(panel).to_contain_text("Nothing waits.")
            # The work is still on the way of the tag that it was put for.
            rows(page, "topics", "deferred: twice").hover()
            lit = page.locator("#triggers .row.lit")
            expect(lit.filter(has_text="twice · backup: ")).to_be_visible()
            expect(lit.filter(has_text="hands over 1 item").first).to_be_visible()


def test_a_selection_a_report_and_a_copy_are_seen(page: Page, seen: World) -> None:
    seen.oci.configure(COPY_TO_REGION=seen.oci.second.name)
    seen.volume(displayName="wiki-1", freeformTags={"wiki": "yes"})
    press(page, "Run a report", maxAgeHours="26")
    expect(rows(page, "requests", "SearchResources").first).to_contain_text("200")
    press(page, "Run a selection", tag="wiki")
    expect(rows(page, "topics", "accepted: wiki-1")).to_contain_text("volumebackup.accepted")
    expect(rows(page, "requests", "CopyVolumeBackup").first).to_contain_text("200")
    copies = page.locator("#state section").filter(has=page.get_by_role("heading", name="Copies", exact=True))
    expect(copies).to_contain_text(seen.oci.second.name)
    seen.oci.configure(COPY_TO_REGION=None)


def test_a_denied_permission_and_a_rotated_key_are_seen_in_the_requests(page: Page, seen: World) -> None:
    volume = seen.volume(displayName="denied")
    press(page, "Deny a permission", grant="manage volume-backups")
    expect(page.locator("#state")).to_contain_text("functions may not manage volume-backups")
    assert seen.invoke({"volumeId": volume})[0] == 502
    expect(rows(page, "requests", "refused by policy").first).to_contain_text("create-volume-backup")
    press(page, "Allow again")
    expect(page.locator("#state")).not_to_contain_text("functions may not")
    press(page, "Rotate the key")
    press(page, "Back up a volume", volumeId="denied")
    expect(rows(page, "topics", "accepted: volumebackup")).to_be_visible()
    # The old key was tried first.
    expect(rows(page, "requests", "signature not verified").first).to_contain_text("401")
    # No container has the old key in another test.
    seen.oci.run(seen.oci.pool.retire)


def test_who_presses_twice_makes_one_call_and_its_answer_stays_out_of_another_form(page: Page, seen: World) -> None:
    before = len(seen.oci.journal)
    sent: list[Route] = []

    def hold(route: Route) -> None:
        """Let the answer wait: both presses come before it, and so does the opening of another form."""
        if json.loads(route.request.post_data or "{}").get("perform"):
            sent.append(route)
        else:
            route.continue_()

    page.route("**/console/actions", hold)
    form = page.locator("#form")
    try:
        page.get_by_role("button", name="Make a volume").click()
        form.locator("[name=name]").fill("pressed twice")
        form.get_by_role("button", name="Make a volume").dblclick()
        page.get_by_role("button", name="Forget faults").click()
        expect(form.locator(".line")).to_contain_text("/emulator/faults")
        for route in sent:
            route.continue_()
    finally:
        page.unroute("**/console/actions")
    expect(page.locator("#announcer")).to_contain_text("Make a volume: done")
    expect(form.locator(".result")).to_be_empty()
    expect(form.locator(".line")).to_contain_text("/emulator/faults")
    made = [entry for entry in seen.oci.journal.since(before) if entry.details.get("operation") == "CreateVolume"]
    assert len(made) == 1


def test_a_form_that_lacks_something_says_what_to_do_first(tab: Page) -> None:
    with world() as cloud, opened(tab, cloud) as page:
        page.get_by_role("button", name="Attach a volume").click()
        form = page.locator("#form")
        expect(form.locator("[name=instanceId]")).to_have_text("none yet: launch an instance first")
        before = len(cloud.oci.journal)
        form.get_by_role("button", name="Attach a volume").click()
        expect(form.locator("[name=volumeId]")).to_be_focused()
        assert len(cloud.oci.journal) == before


# Safety

ATTACK = "<img src=x onerror=\"document.body.dataset.hit='1'\"><script>document.body.dataset.hit='2'</script>"


def test_what_comes_from_names_tags_and_messages_is_text_and_never_markup(page: Page, seen: World) -> None:
    make_volume(page, ATTACK)
    press(page, "Set a tag", volumeId=ATTACK, key=ATTACK[:60], value=ATTACK)
    press(page, "Set a tag", volumeId=ATTACK, value="full")
    expect(card(page, ATTACK).locator(".name strong")).to_have_text(ATTACK)
    expect(card(page, ATTACK).locator(".tag").first).to_contain_text("<img src=x onerror=")
    told = rows(page, "topics", "accepted: <img src=x")
    for lane, row in (("topics", told), ("triggers", rows(page, "triggers", ATTACK[:20]).first)):
        row.click()
        expect(page.locator("#details")).to_contain_text("<img src=x onerror=")
        assert lane in LANES
    status, _ = seen.invoke({"volumeId": ATTACK})
    assert status == 502
    expect(rows(page, "function", "failed").first).to_be_visible()
    assert page.locator("img").evaluate_all("images => images.map(image => image.getAttribute('src'))") == [
        "/console/files/mark.svg"
    ]
    assert page.locator("body").get_attribute("data-hit") is None
    assert page.locator("script").count() == 1


def test_no_name_turns_the_words_beside_it_round(page: Page, seen: World) -> None:
    """U+202E has everything up to the end of its line read from right to left: `signature verified`, too."""
    back_up(seen, "\u202eturned")
    # The newest: a key that was rotated before has it sent twice.
    sent = rows(page, "requests", "CreateVolumeBackup of [U+202E]turned").first
    expect(sent).to_contain_text("signature verified")
    sent.click()
    expect(page.locator("#details .step", has_text="CreateVolumeBackup of [U+202E]turned").first).to_be_visible()


class Elsewhere(BaseHTTPRequestHandler):
    """A page of another origin, which does what it can to the local OCI whose address it is told."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>elsewhere</title>")

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


ATTACK_ALL = """async ([base, paths]) => {
  const tell = (error) => `blocked: ${error.name}`;
  const told = {};
  for (const path of paths) {
    for (const type of ["text/plain", "application/json"]) {
      const mode = type === "text/plain" ? "no-cors" : "cors";
      const request = {method: "POST", mode, headers: {"content-type": type},
        body: JSON.stringify({action: "rotate-key", values: {}, perform: true, operation: "*", status: 500})};
      told[`${type} ${path}`] = await fetch(base + path, request).then((answer) => answer.type, tell);
    }
  }
  told.read = await fetch(`${base}/console/state`).then((answer) => answer.type, tell);
  return told;
}"""


def test_a_page_of_another_origin_does_and_reads_nothing(tab: Page, seen: World) -> None:
    server = HTTPServer(("127.0.0.1", 0), Elsewhere)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    tab.goto(f"http://127.0.0.1:{server.server_port}/")
    invoke = f"/invoke/{seen.oci.function['id']}"
    paths = ["/emulator/faults", "/emulator/principal/rotate", "/emulator/denials", "/console/actions", invoke]
    before = len(seen.oci.journal)
    told = tab.evaluate(ATTACK_ALL, [seen.oci.base_url, paths])
    # The browser sends the first kind without asking, and shows nothing of what came of it.
    assert set(told.values()) == {"opaque", "blocked: TypeError"}
    # What an earlier test has set off may still go on: it is signed, and no call of somebody's.
    after = seen.oci.journal.since(before)
    assert [entry for entry in after if entry.kind == "direct" or entry.details.get("principal") == ""] == []
    server.shutdown()
    server.server_close()


def test_a_page_that_has_its_name_point_to_this_machine_is_not_served(tab: Page, seen: World) -> None:
    port = seen.oci.base_url.rpartition(":")[2]
    answer = tab.goto(f"http://{REBOUND}:{port}/")
    assert answer is not None
    assert (answer.status, answer.json()["code"]) == (403, "NotAllowed")


# For everyone


def test_it_is_used_by_keyboard_alone(page: Page, seen: World) -> None:
    back_up(seen, "typed")
    expect(rows(page, "topics", "accepted: typed")).to_be_visible()
    page.keyboard.press("Tab")
    focused = page.locator(":focus")
    expect(focused).to_have_text("Skip to what happens")
    page.keyboard.press("Tab")
    expect(focused).to_have_text("Make a volume")
    page.keyboard.press("Enter")
    expect(focused).to_have_attribute("name", "name")
    page.keyboard.press("Control+A")
    page.keyboard.type("by-keyboard")
    page.keyboard.press("Enter")
    expect(page.locator("#form .result")).to_contain_text("Make a volume: done")
    page.keyboard.press("Escape")
    expect(focused).to_have_text("Make a volume")
    # Nothing more comes, which would move the rows, once whoever told the end has answered.
    expect(rows(page, "topics", "completed: typed")).to_be_visible()
    expect(rows(page, "function", "running")).to_have_count(0)
    expect(rows(page, "function", "by-keyboard").first).to_contain_text("200")
    rows(page, "triggers").first.focus()
    page.keyboard.press("End")
    assert focused.evaluate("row => row.ariaPosInSet === row.ariaSetSize")
    page.keyboard.press("Home")
    page.keyboard.press("ArrowDown")
    expect(focused).to_have_attribute("aria-posinset", "2")
    # A message has a whole way behind it; the newest event may have none before it.
    rows(page, "topics", "accepted: typed").focus()
    for key, lanes in (("ArrowLeft", LANES[-2::-1]), ("ArrowRight", LANES[1:])):
        for lane in lanes:
            page.keyboard.press(key)
            assert page.evaluate("document.activeElement.closest('.rows').id") == lane
    assert page.locator(".row.lit:focus").evaluate("row => getComputedStyle(row).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    expect(page.locator("#details")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#details")).to_be_hidden()
    page.keyboard.press("Enter")
    expect(page.locator("#details")).to_be_focused()
    rows(page, "topics").first.focus()
    page.keyboard.press("Escape")
    expect(page.locator("#details")).to_be_hidden()
    assert page.evaluate("document.activeElement.closest('.rows').id") == "topics"


def test_a_screen_reader_finds_its_way_and_hears_what_happens(page: Page, seen: World) -> None:
    for role, name in (
        ("banner", None),
        ("navigation", "Actions"),
        ("main", "What happens"),
        ("complementary", "What there is"),
        *(("listbox", title) for title in ("Triggers", "Function", "Signed requests", "Topics")),
    ):
        found = page.get_by_role(role, name=name) if name else page.get_by_role(role)  # type: ignore[arg-type]
        expect(found).to_have_count(1)
    region = page.get_by_role("status")
    expect(region.and_(page.locator("[aria-live=polite]"))).to_have_count(1)
    volume = seen.volume(displayName="heard")
    # Of many sentences at a time the newest are said: the end of the backup has to wait.
    with seen.held():
        seen.answer({"volumeId": volume, "displayName": "heard"})
        expect(region.first).to_contain_text("accepted: heard")
    for button in page.locator("nav button").all():
        button.click()
        assert page.locator("output, [role=status], [role=alert], [aria-live]").count() == 1
        assert (
            page.locator("#form")
            .locator("input:not([aria-label]), select")
            .evaluate_all("fields => fields.filter((field) => !field.labels.length).length")
            == 0
        )
    buttons = page.locator("button").all_text_contents()
    assert [text for text in buttons if not text.strip()] == []


# Each text's colour against what is behind it, as https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio says.
CONTRASTS = """() => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", {willReadFrequently: true});
  const parse = (text) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = text;
    canvas.fillRect(0, 0, 1, 1);
    const [red, green, blue, alpha] = canvas.getImageData(0, 0, 1, 1).data;
    return {rgb: [red, green, blue], alpha: alpha / 255};
  };
  const light = (rgb) => rgb
    .map((part) => part / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
    .reduce((sum, part, place) => sum + part * [0.2126, 0.7152, 0.0722][place], 0);
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const {rgb, alpha} = parse(getComputedStyle(at).backgroundColor);
      if (alpha > 0.99) return rgb;
    }
    return null;
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    const text = walker.currentNode.textContent.trim();
    const isShown = element.checkVisibility({checkVisibilityCSS: true}) && !element.closest(".unseen");
    if (!text || !isShown) continue;
    const levels = [light(parse(getComputedStyle(element).color).rgb), light(behind(element))].sort((a, b) => b - a);
    found.push([(levels[0] + 0.05) / (levels[1] + 0.05), text.slice(0, 30), element.className]);
  }
  return found;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_stands_out_from_what_is_behind_it(tab: Page, seen: World, scheme: Literal["light", "dark"]) -> None:
    with opened(tab, seen, scheme=scheme) as page:
        seen.oci.fault("CreateVolumeBackup", status=503, code="ServiceUnavailable")
        back_up(seen, f"in the {scheme}")
        told = rows(page, "topics", f"accepted: in the {scheme}")
        expect(card(page, f"in the {scheme}").locator(".backups .badge")).to_have_text("AVAILABLE")
        unlit = page.evaluate(CONTRASTS)
        told.click()
        expect(page.locator("#details .step").first).to_be_visible()
        page.get_by_role("button", name="Deny a permission").click()
        expect(page.locator("#form .line")).to_contain_text("curl")
        page.wait_for_timeout(150)  # the rows' colours have 120 ms to change
        contrasts = [*unlit, *page.evaluate(CONTRASTS)]
        assert len(contrasts) > 150
        assert [found for found in contrasts if found[0] < 4.5] == []


# Much, and little room


def test_ten_thousand_entries_are_held_without_getting_slow(tab: Page) -> None:
    """Each lane gets 2,000; only what is in sight is in the document, and a frame of scrolling is drawn quickly."""
    with world() as cloud:
        fill(cloud, 2_000)
        with opened(tab, cloud) as page:
            started = time.monotonic()
            for lane in LANES:
                expect(tally(page, lane)).to_have_text("2,000")
            assert time.monotonic() - started < 5
            expect(rows(page, "triggers").first).to_contain_text("nightly 1999")
            assert page.locator(".row").count() < 4 * 30
            assert page.evaluate("document.querySelectorAll('*').length") < 1500
            # Who scrolls on while something is pressed sees what is there.
            rows(page, "triggers").first.hover()
            page.mouse.down()
            page.mouse.wheel(0, 1_000 * ROW_HEIGHT)
            expect(rows(page, "triggers", "nightly 999 runs")).to_be_in_viewport()
            page.mouse.up()
            page.locator("#connection").click()
            typical = page.evaluate(SCROLL)
            assert typical < 100, f"{typical} ms"
            expect(rows(page, "triggers").last).to_contain_text("nightly 0")
            assert page.locator(".row").count() < 4 * 30
            # Tab comes back to where somebody was, far from the newest.
            rows(page, "triggers").last.focus()
            page.keyboard.press("Tab")
            page.keyboard.press("Shift+Tab")
            assert page.evaluate("document.activeElement.closest('.rows')?.id") == "triggers"
            page.locator("#connection").click()
            # News does not move what somebody reads, and is a press away.
            cloud.oci.run(lambda: cloud.oci.journal.add("schedule", "brand new"))
            page.locator("section:has(#triggers) .newer").click()
            expect(rows(page, "triggers").first).to_contain_text("brand new")


def fill(cloud: World, count: int) -> None:
    """Let so much have happened in each lane."""
    journal, known = cloud.oci.journal, {"function": cloud.oci.function["id"], "cold": False}
    answered = {"status": 200, "milliseconds": 1.0, "answer": {"outcome": "accepted"}, "body": b""}
    sent = {"operation": "GetVolume", "method": "GET", "path": "/", "headers": {}, "content": b"", "fault": ""}

    def happen() -> None:
        for number in range(count):
            call = {**known, "call": f"call-{number}"}
            journal.add("schedule", f"nightly {number} runs")
            journal.add("call", "begins", **call)
            journal.add("request", "sent", **sent, principal="function", call=call["call"], **answered)
            journal.add("invocation", "ends", **call, **answered)
            journal.add(
                "message", "told", topic="t", title=str(number), body="", messageId="1", publisher=known["function"]
            )

    cloud.oci.run(happen)


# Scrolls through all of a lane, and returns how many milliseconds a step took until it was drawn, in the middle of all.
SCROLL = """async () => {
  const list = document.getElementById("triggers");
  const frame = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
  const steps = [];
  for (let step = 1; step <= 40; step += 1) {
    const started = performance.now();
    list.scrollTop = (list.scrollHeight * step) / 40;
    await frame();
    steps.push(performance.now() - started);
    const {top, bottom} = list.getBoundingClientRect();
    const row = document.elementFromPoint(list.getBoundingClientRect().left + 40, (top + bottom) / 2)?.closest(".row");
    if (!row) throw new Error(`nothing is drawn at ${list.scrollTop}`);
  }
  return steps.sort((one, other) => one - other)[steps.length / 2];
}"""


@pytest.mark.parametrize("size", [NARROW, WIDE], ids=["narrow", "wide"])
def test_it_fits_a_telephone_and_a_large_screen(tab: Page, seen: World, size: ViewportSize) -> None:
    with opened(tab, seen, size) as page:
        back_up(seen, f"at {size['width']}")
        expect(rows(page, "topics", f"accepted: at {size['width']}")).to_be_attached()
        page.get_by_role("button", name="Set a tag").click()
        line = page.locator("#form .line")
        expect(line).to_contain_text("bv volume update")
        page.get_by_role("button", name="Copy").click()
        copied = "async (line) => (await navigator.clipboard.readText()) === line"
        page.wait_for_function(copied, arg=line.inner_text())
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        assert page.evaluate(BEYOND) == []
        tops = {page.locator(f"#{lane}-title").evaluate("title => title.getBoundingClientRect().top") for lane in LANES}
        assert len(tops) == (1 if size == WIDE else 4)
        if size == WIDE:
            assert page.evaluate("document.documentElement.scrollHeight") <= size["height"]
        rows(page, "topics", f"accepted: at {size['width']}").click()
        expect(page.locator("#details").get_by_role("button", name="Close")).to_be_in_viewport()
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        # Where the opened entry covers all the rest, nobody gets into that until it is closed.
        covered = page.evaluate("[...document.querySelectorAll('.lanes, #state, #actions')].map((part) => part.inert)")
        assert covered == [size != WIDE] * 3
        page.keyboard.press("Escape")
        assert page.evaluate("document.querySelector('.lanes').inert") is False


@pytest.mark.parametrize("size", [(1280, 600), (800, 500)], ids=["a low window", "enlarged to 200 %"])
def test_nothing_is_squeezed_where_there_is_little_height(tab: Page, seen: World, size: tuple[int, int]) -> None:
    with opened(tab, seen, ViewportSize(width=size[0], height=size[1])) as page:
        back_up(seen, f"at {size}")
        rows(page, "requests").first.click()
        page.get_by_role("button", name="Set a tag").click()
        expect(page.locator("#form .line")).to_contain_text("bv volume update")
        expect(page.locator("#details")).to_be_visible()
        for part in ("#triggers", "#requests", "#details"):
            assert page.locator(part).evaluate("part => part.clientHeight") >= 200
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
        page.locator("#details").scroll_into_view_if_needed()
        expect(page.locator("#details")).to_be_in_viewport()


# What stands out of the page at its right edge, unless what it is in scrolls or cuts it off.
BEYOND = """() => [...document.querySelectorAll("body *")]
  .filter((element) => element.checkVisibility() && !element.closest(".unseen, .extent, pre, svg, datalist"))
  .filter((element) => element.getBoundingClientRect().right > innerWidth + 0.5)
  .map((element) => `${element.tagName} ${element.className} ${element.textContent.slice(0, 40)}`)"""


def port_that_nobody_is_given() -> int:
    """A free port below those that the system hands out, so that it is still free when it is taken again."""
    for port in range(20_000 + os.getpid() % 5_000, 32_000):
        with socket.socket() as tried:
            if tried.connect_ex(("127.0.0.1", port)):
                return port
    raise OSError("no port is free")


def test_the_page_goes_on_when_the_local_oci_was_away(tab: Page) -> None:
    """A new one on the old port has other entries under the same numbers: the page begins anew."""
    port = port_that_nobody_is_given()
    with world(port=port, second_region="") as cloud:
        back_up(cloud, "of the first")
        tab.goto(f"{cloud.oci.base_url}/")
        expect(rows(tab, "topics", "accepted: of the first")).to_be_visible()
    expect(tab.locator("#connection")).to_contain_text("connection lost")
    errors: list[Error] = []

    def hear(error: Error) -> None:
        errors.append(error)

    tab.on("pageerror", hear)
    rows(tab, "topics").first.click()
    expect(tab.locator("#details")).to_contain_text("The local OCI does not answer.")
    assert errors == []
    tab.remove_listener("pageerror", hear)
    with world(port=port, second_region="") as cloud:
        expect(tab.locator("#connection")).to_contain_text("live on")
        expect(rows(tab, "topics")).to_have_count(0)
        back_up(cloud, "of the second")
        expect(rows(tab, "topics", "accepted: of the second")).to_be_visible()
        tab.goto("about:blank")
