"""Trouble on demand in the API: slow, dropped, refused, by chance."""

import time

import pytest
import requests

from app.sandbox.faults import Faults, UnknownFault

SEND = "/cgi-bin/message/custom/send"


def test_an_error_code_comes_as_often_as_asked(sandbox, api):
    sandbox.say("demo-a", "在吗")
    sandbox.fault("errcode", SEND, value=-1, times=2)
    assert [api.text("demo-a", "好")["errcode"] for _ in range(3)] == [-1, -1, 0]
    assert len(sandbox.inbox("demo-a")) == 1


def test_a_call_dropped_before_does_nothing_and_one_dropped_after_does_all(sandbox, api):
    sandbox.say("demo-a", "在吗")
    sandbox.fault("drop_before", SEND, times=1)
    with pytest.raises(requests.ConnectionError):
        api.text("demo-a", "先断")
    assert sandbox.inbox("demo-a") == []
    sandbox.fault("drop_after", SEND, times=1)
    with pytest.raises(requests.ConnectionError):
        api.text("demo-a", "后断")
    assert [item["text"] for item in sandbox.inbox("demo-a")] == ["后断"]


def test_slow_is_slow_and_everything_can_be_slow(sandbox, api):
    sandbox.fault("slow", "*", value=300)
    started = time.monotonic()
    api.get("/cgi-bin/getcallbackip")
    assert time.monotonic() - started >= 0.3
    sandbox.clear_faults()
    started = time.monotonic()
    api.get("/cgi-bin/getcallbackip")
    assert time.monotonic() - started < 0.3


def test_one_fault_can_be_cleared_and_the_other_stays(sandbox, api):
    sandbox.say("demo-a", "在吗")
    first = sandbox.fault("errcode", SEND, value=45009)
    sandbox.fault("errcode", "/cgi-bin/getcallbackip", value=-1)
    sandbox.clear_faults(first)
    assert api.text("demo-a", "好")["errcode"] == 0
    assert api.get("/cgi-bin/getcallbackip")["errcode"] == -1


def test_chance_with_a_seed_repeats_itself():
    runs = []
    for _ in range(2):
        faults = Faults()
        faults.add("errcode", SEND, value=-1, probability=0.3, seed=7)
        runs.append([bool(faults.strike(SEND)) for _ in range(200)])
    assert runs[0] == runs[1]
    assert 30 < sum(runs[0]) < 90


def test_pushes_are_not_touched_by_faults_of_calls():
    faults = Faults()
    faults.add("slow", "*", value=1)
    assert faults.strike("push") == {}
    assert faults.strike(SEND) == {"slow": 1}


def test_an_unknown_fault_is_refused(sandbox):
    with pytest.raises(UnknownFault):
        Faults().add("explode", SEND)
    with pytest.raises(ValueError, match="400"):
        sandbox.fault("explode", SEND)
