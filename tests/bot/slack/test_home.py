"""The Home tab: what is there at a glance, and where things begin."""

from __future__ import annotations

from bot.doors import AtHome, KnownJob
from bot.requests import ButtonPress, ImagineRequest, TrainRequest
from bot.slack.addresses import Place
from tests.bot.slack.conftest import Inbound
from tests.fakes.slack import File


async def test_home_shows_models_jobs_and_credits(inbound: Inbound):
    jobs = (
        KnownJob("7", "Mug → @mug · product · 2 photos", "running, 61 %", is_open=True),
        KnownJob("6", "@ada · at <sea> · 1 picture", "done", is_open=False),
    )
    inbound.things.home = AtHome(240, jobs)
    home = await inbound.person().open_home()
    text = home.text()
    assert "240 credits left this month" in text
    assert "Mug → @mug" in text and "running, 61 %" in text and "at &lt;sea&gt;" in text
    assert "@summer-shoes · product · Summer Shoes" in text and "@demo-loafer" not in text
    labels = [button.label for button in home.buttons()]
    assert labels == ["Train a model", "Make pictures", "Cancel", "Try it", "Try it"]


async def test_a_workspace_that_never_spoke_is_shown_where_to_begin(over_http: Inbound):
    over_http.things.models, over_http.things.home = [], AtHome(None, ())
    mia = over_http.person()
    home = await mia.open_home()
    assert "There are no models here yet" in home.text()
    form = await (await mia.press(home, "Train a model")).opened()
    filled_in = {"What is it?": "Style", "Name": "Noir", "Photos": [File("a.png", b"a")]}
    await mia.submit(form, filled_in)
    place = Place(over_http.team, mia.direct_channel().id)
    assert over_http.only(TrainRequest).requester.thread == place.address


async def test_a_press_on_home_is_carried_out_and_the_page_shown_anew(inbound: Inbound):
    inbound.things.home = AtHome(240, (KnownJob("7", "Mug", "queued", is_open=True),))
    mia = inbound.person()
    home = await mia.open_home()
    before = home.hash
    inbound.things.home = AtHome(250, (KnownJob("7", "Mug", "cancelled", is_open=False),))
    await mia.press(home, "Cancel")
    request = inbound.only(ButtonPress)
    assert request.action == "job:7:cancel"
    assert request.requester.thread == Place(inbound.team, mia.direct_channel().id).address
    await inbound.fake.until(lambda: home.hash != before)
    assert "cancelled" in home.text() and "250 credits" in home.text()


async def test_a_model_is_tried_from_home(over_http: Inbound):
    mia = over_http.person()
    home = await mia.open_home()
    form = await (await mia.press(home, "model:ada:try")).opened()
    await mia.submit(form)
    assert over_http.only(ImagineRequest).prompt == "@ada on a beach"


async def test_while_nothing_can_be_read_home_says_so(over_http: Inbound):
    over_http.things.is_down = True
    home = await over_http.person().open_home()
    assert "I cannot read anything right now" in home.text()
