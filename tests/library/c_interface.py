#!/usr/bin/env python3
"""tigress.h as other languages call it: whole transfers through ctypes, against a relay.

    c_interface.py --library libtigress.so --relay PROGRAM
"""

import argparse
import base64
import ctypes
import http.client
import json
import os
import pathlib
import ssl
import sys
import tempfile
import threading
import time
import unittest
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))
from running_relay import Certificate, RunningRelay, store_in  # noqa: E402

PATIENCE = 60

TEXT, HANDLE, CODE = ctypes.c_char_p, ctypes.c_void_p, ctypes.c_int
OUT = ctypes.POINTER(HANDLE)
EXCHANGE = ctypes.CFUNCTYPE(CODE, HANDLE, HANDLE, ctypes.c_uint32, HANDLE)
RELEASE = ctypes.CFUNCTYPE(None, HANDLE)
CLOCK = ctypes.CFUNCTYPE(ctypes.c_int64, HANDLE)
RANDOM = ctypes.CFUNCTYPE(ctypes.c_bool, HANDLE, HANDLE, ctypes.c_size_t)
PROGRESS = ctypes.CFUNCTYPE(None, HANDLE, CODE, CODE, ctypes.c_int64)

# What this test calls, as tigress.h declares it: what comes back, and what goes in. Functions that return a code
# take an error last, which is added here.
FUNCTIONS = {
    "tigress_version": (TEXT, []),
    "tigress_text_free": (None, [HANDLE]),
    "tigress_error_code": (CODE, [HANDLE]),
    "tigress_error_message": (TEXT, [HANDLE]),
    "tigress_error_retry_after": (ctypes.c_int64, [HANDLE]),
    "tigress_error_free": (None, [HANDLE]),
    "tigress_client_new": (CODE, [OUT]),
    "tigress_client_free": (None, [HANDLE]),
    "tigress_client_set_ca_file": (CODE, [HANDLE, TEXT]),
    "tigress_client_set_create_token": (CODE, [HANDLE, TEXT]),
    "tigress_client_set_credentials": (CODE, [HANDLE, TEXT]),
    "tigress_client_set_allow_list": (CODE, [HANDLE, TEXT]),
    "tigress_client_set_transport": (CODE, [HANDLE, EXCHANGE, HANDLE, RELEASE]),
    "tigress_client_set_clock": (CODE, [HANDLE, CLOCK, HANDLE]),
    "tigress_client_set_random": (CODE, [HANDLE, RANDOM, HANDLE]),
    "tigress_client_set_progress": (CODE, [HANDLE, PROGRESS, HANDLE]),
    "tigress_client_cancel": (None, [HANDLE]),
    "tigress_client_is_cancelled": (ctypes.c_bool, [HANDLE]),
    "tigress_request_method": (TEXT, [HANDLE]),
    "tigress_request_url": (TEXT, [HANDLE]),
    "tigress_request_header_count": (ctypes.c_size_t, [HANDLE]),
    "tigress_request_header_name": (TEXT, [HANDLE, ctypes.c_size_t]),
    "tigress_request_header_value": (TEXT, [HANDLE, ctypes.c_size_t]),
    "tigress_request_body": (HANDLE, [HANDLE]),
    "tigress_request_body_size": (ctypes.c_size_t, [HANDLE]),
    "tigress_response_set_status": (None, [HANDLE, ctypes.c_int]),
    "tigress_response_add_header": (None, [HANDLE, TEXT, TEXT]),
    "tigress_response_set_body": (None, [HANDLE, TEXT, ctypes.c_size_t]),
    "tigress_offer_new": (CODE, [TEXT, OUT]),
    "tigress_offer_free": (None, [HANDLE]),
    "tigress_offer_add_message": (CODE, [HANDLE, TEXT]),
    "tigress_offer_set_title": (CODE, [HANDLE, TEXT]),
    "tigress_offer_set_description": (CODE, [HANDLE, TEXT]),
    "tigress_offer_set_image_url": (CODE, [HANDLE, TEXT]),
    "tigress_offer_set_vertical": (CODE, [HANDLE, CODE]),
    "tigress_offer_set_expires": (CODE, [HANDLE, ctypes.c_int64]),
    "tigress_offer_set_open": (CODE, [HANDLE, ctypes.c_bool]),
    "tigress_creation_new": (CODE, [HANDLE, TEXT, HANDLE, OUT]),
    "tigress_creation_restore": (CODE, [HANDLE, TEXT, OUT]),
    "tigress_creation_state": (CODE, [HANDLE, OUT]),
    "tigress_creation_free": (None, [HANDLE]),
    "tigress_session_create": (CODE, [HANDLE, OUT]),
    "tigress_session_open": (CODE, [HANDLE, TEXT, OUT]),
    "tigress_session_restore": (CODE, [HANDLE, TEXT, OUT]),
    "tigress_session_state": (CODE, [HANDLE, OUT]),
    "tigress_session_free": (None, [HANDLE]),
    "tigress_session_link": (CODE, [HANDLE, OUT]),
    "tigress_session_is_sender": (ctypes.c_bool, [HANDLE]),
    "tigress_session_expires": (ctypes.c_int64, [HANDLE]),
    "tigress_session_title": (TEXT, [HANDLE]),
    "tigress_session_description": (TEXT, [HANDLE]),
    "tigress_session_image_url": (TEXT, [HANDLE]),
    "tigress_session_receive": (CODE, [HANDLE, ctypes.c_uint32, OUT]),
    "tigress_session_is_unread": (ctypes.c_bool, [HANDLE]),
    "tigress_session_is_to_answer": (ctypes.c_bool, [HANDLE]),
    "tigress_session_send": (CODE, [HANDLE, TEXT, ctypes.c_uint32]),
    "tigress_session_prepare": (CODE, [HANDLE, TEXT]),
    "tigress_session_is_pending": (ctypes.c_bool, [HANDLE]),
    "tigress_session_resend": (CODE, [HANDLE, ctypes.c_uint32]),
    "tigress_session_is_unsettled": (ctypes.c_bool, [HANDLE]),
    "tigress_session_lock": (CODE, [HANDLE]),
    "tigress_session_remove": (CODE, [HANDLE]),
    "tigress_session_relinquish": (CODE, [HANDLE]),
    "tigress_session_share_state": (CODE, [HANDLE, ctypes.POINTER(CODE)]),
    "tigress_watch_new": (CODE, [HANDLE, OUT]),
    "tigress_watch_next": (CODE, [HANDLE, ctypes.c_uint32, ctypes.POINTER(CODE)]),
    "tigress_watch_free": (None, [HANDLE]),
}

OK, LINK_INCOMPLETE, NOT_FOUND, TAKEN, OVERTAKEN, STILL_WAITING, ALTERED = range(7)
NOT_AUTHORIZED, RELAY_NOT_ALLOWED = 20, 21
SLOW_DOWN, UNREACHABLE, ANSWER_LOST, RELAY_FAILED, CANCELLED = 13, 14, 15, 16, 19
INVALID, WRONG_MOMENT, MACHINE_FAILED = 100, 101, 102
CREATING, CLAIMING, WAITING, SENDING, RETRYING = range(5)
EVENT_WAITING, EVENT_CLAIMED, EVENT_COMPLETED = 2, 3, 5
STATE_WAITING, STATE_CLAIMED, STATE_COMPLETED, STATE_CANCELLED = 1, 2, 3, 4

MESSAGE = {"format": "digitalwallet.test", "content": {"number": 1, "text": "Schlüssel \u0000"}}


class Failed(Exception):
    def __init__(self, code, message, retry_after):
        super().__init__(f"{code}: {message}")
        self.code, self.message, self.retry_after = code, message, retry_after


class Library:
    """The functions of tigress.h, with errors as exceptions and texts as str."""

    def __init__(self, path):
        self._c = ctypes.CDLL(str(path))
        for name, (result, parameters) in FUNCTIONS.items():
            function = getattr(self._c, name)
            function.restype = result
            fails = result is CODE and name != "tigress_error_code"
            function.argtypes = [*parameters, OUT] if fails else parameters
            short = name.removeprefix("tigress_")
            setattr(self, short, self._checked(function) if fails else function)

    def _checked(self, function):
        def call(*words):
            error = HANDLE()
            code = function(*words, ctypes.byref(error))
            if code == OK:
                assert not error.value
                return
            assert error.value, "every failure says more"
            try:
                assert self.error_code(error) == code
                raise Failed(code, self.error_message(error).decode(), self.error_retry_after(error))
            finally:
                self.error_free(error)
        return call

    def handle(self, function, *words):
        """What a function gives out last."""
        made = HANDLE()
        try:
            function(*words, ctypes.byref(made))
        except Failed:
            assert not made.value, "what failed gives nothing out"
            raise
        return made

    def text(self, function, *words):
        made = self.handle(function, *words)
        try:
            return ctypes.string_at(made.value).decode()
        finally:
            self.text_free(made)

    def value(self, function, *words):
        value = CODE()
        function(*words, ctypes.byref(value))
        return value.value


class Device:
    """One device: a client and what it has made. Frees all of it in the wrong order, which must do no harm."""

    def __init__(self, library, ca_file=None):
        self.library = library
        self.client = library.handle(library.client_new)
        self.steps = []
        self.keep = []  # callbacks that C may call
        self._made = []
        if ca_file:
            library.client_set_ca_file(self.client, str(ca_file).encode())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.library.client_free(self.client)
        for free, handle in self._made:
            free(handle)

    def watch(self, react=lambda step: None):
        def note(_, step, why, pause):
            self.steps.append((step, why, pause))
            react(step)
        self.keep.append(PROGRESS(note))
        self.library.client_set_progress(self.client, self.keep[-1], None)

    def creation(self, origin, *messages, **more):
        library = self.library
        offer = library.handle(library.offer_new, json.dumps(messages[0]).encode())
        for message in messages[1:]:
            library.offer_add_message(offer, json.dumps(message).encode())
        for name, value in more.items():
            getattr(library, f"offer_set_{name}")(offer, value)
        try:
            creation = library.handle(library.creation_new, self.client, origin.encode(), offer)
        finally:
            library.offer_free(offer)
        self._made.append((library.creation_free, creation))
        return creation

    def session(self, function, *words):
        session = self.library.handle(function, *words)
        self._made.append((self.library.session_free, session))
        return session

    def send(self, origin, *messages, **more):
        return self.session(self.library.session_create, self.creation(origin, *(messages or [MESSAGE]), **more))

    def open(self, link):
        return self.session(self.library.session_open, self.client, link.encode())

    def link(self, session):
        return self.library.text(self.library.session_link, session)

    def receive(self, session, patience=0):
        return json.loads(self.library.text(self.library.session_receive, session, patience))

    def say(self, session, message, patience=0):
        self.library.session_send(session, json.dumps(message).encode(), patience)

    def state(self, session):
        return self.library.text(self.library.session_state, session)


class CInterface(unittest.TestCase):
    library = relay = certificate = None

    def device(self):
        device = Device(self.library, self.certificate.file)
        self.addCleanup(device.__exit__)
        return device

    def fails(self, code, function, *words):
        with self.assertRaises(Failed) as caught:
            function(*words)
        self.assertEqual(caught.exception.code, code, caught.exception.message)
        self.assertTrue(caught.exception.message.strip())
        return caught.exception

    def test_a_key_is_handed_over_once(self):
        owner, friend, third = self.device(), self.device(), self.device()
        sent = owner.send(self.relay.origin, MESSAGE, title="Für dich".encode(), vertical=2)
        link = owner.link(sent)
        self.assertTrue(link.startswith(self.relay.origin) and "v=c#" in link)
        self.assertTrue(self.library.session_is_sender(sent))
        self.assertEqual(self.library.value(self.library.session_share_state, sent), STATE_WAITING)
        received = friend.open(link)
        self.assertFalse(self.library.session_is_sender(received))
        self.assertEqual(friend.receive(received), MESSAGE)
        self.assertEqual(self.library.session_title(received).decode(), "Für dich")
        self.assertIsNone(self.library.session_description(received))
        self.assertGreater(self.library.session_expires(received), time.time() * 1000)
        self.fails(TAKEN, third.receive, third.open(link))
        self.assertEqual(self.library.value(self.library.session_share_state, sent), STATE_CLAIMED)
        self.library.session_remove(received)
        self.assertEqual(self.library.value(self.library.session_share_state, sent), STATE_COMPLETED)

    def test_a_watch_tells_what_happens(self):
        owner, friend = self.device(), self.device()
        sent = owner.send(self.relay.origin)
        watch = self.library.handle(self.library.watch_new, sent)
        self.addCleanup(self.library.watch_free, watch)
        happened = lambda: self.library.value(self.library.watch_next, watch, PATIENCE)  # noqa: E731
        self.assertEqual(happened(), EVENT_WAITING)
        received = friend.open(owner.link(sent))
        friend.receive(received)
        self.assertEqual(happened(), EVENT_CLAIMED)
        self.library.session_remove(received)
        self.assertEqual(happened(), EVENT_COMPLETED)

    def test_both_devices_write_and_survive_a_crash(self):
        owner, friend = self.device(), self.device()
        sent = owner.send(self.relay.origin)
        received = friend.open(owner.link(sent))
        self.assertEqual(friend.receive(received), MESSAGE)
        self.assertTrue(self.library.session_is_to_answer(received))
        answer = {"format": "digitalwallet.test", "content": {"number": 2}}
        self.library.session_prepare(received, json.dumps(answer).encode())
        self.assertTrue(self.library.session_is_pending(received))
        kept = friend.state(received)
        reborn = self.device()
        received = reborn.session(self.library.session_restore, reborn.client, kept.encode())
        self.assertTrue(self.library.session_is_unsettled(received))
        self.fails(WRONG_MOMENT, reborn.receive, received)
        while self.library.session_is_pending(received):
            self.library.session_resend(received, PATIENCE)
        self.assertEqual(owner.receive(sent, PATIENCE), answer)
        owner.say(sent, MESSAGE)
        self.assertEqual(reborn.receive(received, PATIENCE), MESSAGE)
        self.library.session_remove(sent)
        self.fails(NOT_FOUND, reborn.receive, received)

    def test_a_creation_kept_before_a_crash_makes_one_share(self):
        owner = self.device()
        creation = owner.creation(self.relay.origin, MESSAGE)
        kept = self.library.text(self.library.creation_state, creation)
        first = owner.session(self.library.session_create, creation)
        reborn = self.device()
        again = self.library.handle(self.library.creation_restore, reborn.client, kept.encode())
        self.addCleanup(self.library.creation_free, again)
        second = reborn.session(self.library.session_create, again)
        self.assertEqual(owner.link(first), reborn.link(second))

    def test_another_thread_breaks_a_wait_off(self):
        owner, friend = self.device(), self.device()
        waits = threading.Event()
        owner.watch(lambda step: waits.set() if step == WAITING else None)
        sent = owner.send(self.relay.origin)
        ended = []
        def wait():
            try:
                owner.receive(sent, 3600)
            except Failed as failed:
                ended.append(failed.code)
        thread = threading.Thread(target=wait)
        thread.start()
        self.assertTrue(waits.wait(PATIENCE))
        self.library.client_cancel(owner.client)
        thread.join(PATIENCE)
        self.assertEqual(ended, [CANCELLED])
        self.assertTrue(self.library.client_is_cancelled(owner.client))
        self.fails(CANCELLED, self.library.session_remove, sent)
        # The share is as it was: another client goes on.
        reborn = self.device()
        kept = reborn.session(self.library.session_restore, reborn.client, owner.state(sent).encode())
        friend.receive(friend.open(reborn.link(kept)))
        self.library.session_remove(kept)

    def test_a_callback_may_cancel(self):
        owner = self.device()
        owner.watch(lambda step: self.library.client_cancel(owner.client))
        self.fails(CANCELLED, owner.send, self.relay.origin)

    def test_progress_tells_each_step(self):
        owner, friend = self.device(), self.device()
        owner.watch()
        friend.watch()
        sent = owner.send(self.relay.origin)
        received = friend.open(owner.link(sent))
        friend.receive(received)
        friend.say(received, MESSAGE)
        owner.receive(sent, PATIENCE)
        self.assertEqual([step for step, _, _ in owner.steps], [CREATING, WAITING])
        self.assertEqual([step for step, _, _ in friend.steps], [CLAIMING, SENDING])
        self.assertEqual({(why, pause) for _, why, pause in owner.steps + friend.steps}, {(OK, 0)})
        self.library.session_remove(sent)

    def foreign_transport(self, device, answer):
        """Requests of `device` are made by `answer(method, url, headers, body)`, here in Python."""
        released = threading.Event()
        library = self.library

        def exchange(_, request, longest, response):
            headers = [(library.request_header_name(request, i).decode(),
                        library.request_header_value(request, i).decode())
                       for i in range(library.request_header_count(request))]
            size = library.request_body_size(request)
            body = ctypes.string_at(library.request_body(request), size) if size else b""
            self.assertIsNone(library.request_header_name(request, len(headers)))
            answered = answer(library.request_method(request).decode(), library.request_url(request).decode(),
                              headers, body, longest)
            if isinstance(answered, int):
                return answered
            status, fields, content = answered
            library.response_set_status(response, status)
            for name, value in fields:
                library.response_add_header(response, name.encode(), value.encode())
            library.response_set_body(response, content, len(content))
            return OK

        device.keep += [EXCHANGE(exchange), RELEASE(lambda _: released.set())]
        library.client_set_transport(device.client, device.keep[-2], None, device.keep[-1])
        return released

    def over_http(self, method, url, headers, body, longest):
        self.assertNotIn("#", url)
        where = urllib.parse.urlsplit(url)
        connection = http.client.HTTPSConnection(where.hostname, where.port, timeout=longest,
                                                 context=self.certificate.client_context())
        connection.request(method, f"{where.path}?{where.query}" if where.query else where.path, body or None,
                           dict(headers))
        answer = connection.getresponse()
        try:
            return answer.status, answer.getheaders(), answer.read()
        finally:
            connection.close()

    def test_the_platform_makes_the_requests(self):
        owner = Device(self.library)
        released = self.foreign_transport(owner, self.over_http)
        sent = owner.send(self.relay.origin)
        friend = self.device()
        received = friend.open(owner.link(sent))
        self.assertEqual(friend.receive(received), MESSAGE)
        friend.say(received, MESSAGE)
        self.assertEqual(owner.receive(sent, PATIENCE), MESSAGE)
        self.library.session_remove(sent)
        self.assertFalse(released.is_set())
        owner.__exit__()
        self.assertTrue(released.is_set())

    def test_a_server_that_is_not_allowed_is_not_asked(self):
        asked = []
        owner = self.device()
        self.foreign_transport(owner, lambda method, url, *_: asked.append(url) or UNREACHABLE)
        self.fails(INVALID, self.library.client_set_allow_list, owner.client, b"relay.example, ftp://relay.example")
        self.library.client_set_allow_list(owner.client, b"relay.example, *.keys.example")
        self.fails(RELAY_NOT_ALLOWED, owner.send, self.relay.origin)
        self.assertEqual(asked, [])
        self.fails(UNREACHABLE, owner.send, "https://one.keys.example")
        self.assertEqual(len(asked), 1)

    def test_a_server_that_asks_is_told_who_this_is(self):
        seen = []

        def server(method, url, headers, body, longest):
            fields = {name.lower(): value for name, value in headers}
            seen.append(fields.get("authorization"))
            if not fields.get("authorization"):
                return 401, [("WWW-Authenticate", 'Basic realm="shares"')], b""
            return UNREACHABLE

        owner = self.device()
        self.foreign_transport(owner, server)
        self.fails(INVALID, self.library.client_set_credentials, owner.client, b"dav.example passphrase anna secret")
        self.library.client_set_credentials(owner.client, b"dav.example password anna secret")
        self.fails(UNREACHABLE, owner.send, "dav+https://dav.example/shares/")
        self.assertEqual(seen[0], None)
        self.assertEqual(set(seen[1:]), {"Basic " + base64.b64encode(b"anna:secret").decode()})

    def test_what_a_transport_says_is_what_the_caller_gets(self):
        rows = [(UNREACHABLE, UNREACHABLE), (ANSWER_LOST, ANSWER_LOST), (RELAY_FAILED, RELAY_FAILED),
                (CANCELLED, CANCELLED), (12345, ANSWER_LOST), ((0, [], b""), RELAY_FAILED),
                ((404, [], b""), NOT_FOUND), ((503, [("Retry-After", "7")], b""), SLOW_DOWN),
                ((201, [], b""), RELAY_FAILED), ((200, [("ETag", '"a"')], b"{}"), RELAY_FAILED)]
        for said, code in rows:
            with self.subTest(said=said), Device(self.library) as owner:
                self.foreign_transport(owner, lambda *_: said)
                failed = self.fails(code, owner.send, self.relay.origin)
                self.assertEqual(failed.retry_after, 7 if code == SLOW_DOWN else -1)

    def test_clock_and_randomness_are_the_callers(self):
        drawn = []
        def fill(_, out, size):
            ctypes.memset(out, 7, size)
            drawn.append(size)
            return True
        owner = self.device()
        owner.keep += [RANDOM(fill), CLOCK(lambda _: 1_790_000_000_000)]
        self.library.client_set_random(owner.client, owner.keep[-2], None)
        self.library.client_set_clock(owner.client, owner.keep[-1], None)
        creation = owner.creation(self.relay.origin, MESSAGE)
        secret = json.loads(self.library.text(self.library.creation_state, creation))["creation"]["secret"]
        self.assertEqual(secret, "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc")
        self.assertGreater(sum(drawn), 32)

    def test_randomness_that_fails_ends_the_call(self):
        owner = self.device()
        owner.keep.append(RANDOM(lambda *_: False))
        self.library.client_set_random(owner.client, owner.keep[-1], None)
        self.fails(MACHINE_FAILED, owner.creation, self.relay.origin, MESSAGE)

    def test_wrong_words_are_refused(self):
        library, device = self.library, self.device()
        nothing = HANDLE()
        self.fails(INVALID, library.offer_new, b"[]", ctypes.byref(nothing))
        self.fails(INVALID, library.offer_new, b'{"format":"a"}', ctypes.byref(nothing))
        self.fails(INVALID, library.offer_new, b"\xff\xfe", ctypes.byref(nothing))
        self.fails(INVALID, library.offer_new, None, ctypes.byref(nothing))
        self.fails(INVALID, library.offer_new, json.dumps(MESSAGE).encode(), None)
        self.fails(INVALID, library.client_new, None)
        self.fails(INVALID, device.creation, "ftp://relay.example", MESSAGE)
        self.fails(INVALID, lambda: device.creation(self.relay.origin, MESSAGE, vertical=9))
        for text in ("title", "description", "image_url"):
            self.fails(INVALID, lambda: device.creation(self.relay.origin, MESSAGE, **{text: b"\xff"}))
        self.fails(INVALID, lambda: device.creation(self.relay.origin, MESSAGE, expires=-5))
        self.fails(INVALID, library.session_restore, device.client, b"{}", ctypes.byref(nothing))
        self.fails(INVALID, library.session_restore, device.client, b"{", ctypes.byref(nothing))
        self.fails(INVALID, library.creation_restore, device.client, b'{"v":1}', ctypes.byref(nothing))
        self.fails(INVALID, library.session_remove, None)
        for link in ("", "https://relay.example/", f"{self.relay.origin}/v1/x/share.json#abc"):
            self.fails(LINK_INCOMPLETE, device.open, link)

    def test_what_comes_too_early_or_too_late_is_refused(self):
        library, device = self.library, self.device()
        link = device.link(device.send(self.relay.origin))
        session = device.open(link)
        self.fails(WRONG_MOMENT, device.say, session, MESSAGE)
        self.fails(WRONG_MOMENT, library.session_prepare, session, json.dumps(MESSAGE).encode())
        self.fails(WRONG_MOMENT, library.session_resend, session, 0)
        self.fails(WRONG_MOMENT, library.client_set_create_token, device.client, b"token")
        self.fails(WRONG_MOMENT, library.client_set_ca_file, device.client, b"/dev/null")

    def test_a_relay_that_is_not_there_or_not_trusted_is_unreachable(self):
        with Device(self.library) as device:
            self.fails(UNREACHABLE, device.send, "http://127.0.0.1:1")
        with Device(self.library) as device:  # trusts the system's certificates
            self.fails(UNREACHABLE, device.send, self.relay.origin)
        with Device(self.library) as device:
            self.fails(INVALID, self.library.client_set_ca_file, device.client, b"/dev/null")

    def test_an_altered_link_opens_nothing(self):
        owner, friend = self.device(), self.device()
        link = owner.link(owner.send(self.relay.origin, MESSAGE, open=True))
        wrong = link[:-2] + ("A" if link[-2] != "A" else "B") + link[-1]
        self.fails(ALTERED, friend.receive, friend.open(wrong))
        self.assertEqual(friend.receive(friend.open(link)), MESSAGE)

    def test_what_needs_no_handle_takes_none(self):
        library = self.library
        for free in (library.text_free, library.error_free, library.client_free, library.offer_free,
                     library.creation_free, library.session_free, library.client_cancel):
            free(None)
        self.assertEqual(library.error_code(None), OK)
        self.assertEqual(library.session_expires(None), -1)
        self.assertIsNone(library.session_title(None))
        self.assertRegex(library.version().decode(), r"^\d+\.\d+\.\d+$")


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--library", required=True)
    arguments.add_argument("--relay", required=True)
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        CInterface.library = Library(given.library)
        CInterface.certificate = Certificate(folder)
        with RunningRelay(given.relay, store_in(folder), "limits.rate=off", certificate=CInterface.certificate) as relay:
            CInterface.relay = relay
            suite = unittest.defaultTestLoader.loadTestsFromTestCase(CInterface)
            good = unittest.TextTestRunner(verbosity=1).run(suite).wasSuccessful()
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
