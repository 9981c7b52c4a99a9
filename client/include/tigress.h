#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tigress/api.h"

// libtigress for C, and for all languages that call C: Swift, Kotlin, Python, Go, Rust. What a function means
// is said at the class of tigress/*.h that it stands for; here stands what C adds to that.
//
// Handles (`tigress_client *` and so on) are made by functions that give them out and end by their `_free`,
// which takes a null pointer, too. They may be freed in any order: what needs another one keeps it.
//
// Text is UTF-8 and ends with a zero byte. Text that comes back as `char *` belongs to the caller, who gives
// it to `tigress_text_free`; that wipes it first, for it may hold a secret. Text that comes back as
// `const char *` belongs to its handle. A text parameter is copied and may go when the function returns.
// Messages are JSON of the form {"format": "NAME", "content": {…}}.
//
// Functions that can fail return a `tigress_code`. If it is not TIGRESS_OK and `error` is not null, `*error`
// says more and is to be freed; what else they would give out is then null. No exception leaves the library.
// Callbacks must not throw, unwind or jump out of the library either.
//
// Threads: a client, its creations and its sessions are for one thread at a time, any thread. Different
// clients may be used at the same time. `tigress_client_cancel` may be called by any thread at any time.
// Callbacks run on the thread that called the library, and must call nothing of their client but
// `tigress_client_cancel`. Nothing here starts a thread. Functions that ask a relay block: with the library's
// own transport ten seconds at most to find the relay and thirty for its answer, and `patience_seconds` in
// all where there is such a parameter, plus one request's time.

#ifdef __cplusplus
extern "C" {
#endif

/// Why something could not be done. The numbers stay as they are; later versions may add some.
typedef enum tigress_code {
  TIGRESS_OK = 0,
  // Of a transfer: FailureCode in tigress/failure.h.
  TIGRESS_LINK_INCOMPLETE = 1,
  TIGRESS_NOT_FOUND_OR_EXPIRED = 2,
  TIGRESS_TAKEN_BY_ANOTHER_DEVICE = 3,
  TIGRESS_OVERTAKEN = 4,
  TIGRESS_STILL_WAITING = 5,
  TIGRESS_WRONG_KEY_OR_ALTERED = 6,
  TIGRESS_REPLAYED = 7,
  TIGRESS_REFLECTED = 8,
  TIGRESS_MESSAGE_MISSING = 9,
  TIGRESS_FORKED = 10,
  TIGRESS_PREVIEW_CHANGED = 11,
  TIGRESS_UNMARKED = 12,
  TIGRESS_SLOW_DOWN = 13,
  TIGRESS_UNREACHABLE = 14,
  TIGRESS_ANSWER_LOST = 15,
  TIGRESS_RELAY_FAILED = 16,
  TIGRESS_TOO_LARGE = 17,
  TIGRESS_REFUSED_BY_POLICY = 18,
  TIGRESS_CANCELLED = 19,
  TIGRESS_NOT_AUTHORIZED = 20,
  TIGRESS_RELAY_NOT_ALLOWED = 21,
  // Of this interface.
  TIGRESS_INVALID_ARGUMENT = 100,  ///< a text is not what it should be, or a pointer is null
  TIGRESS_WRONG_MOMENT = 101,      ///< the function may not be called now: its comment says when
  TIGRESS_MACHINE_FAILED = 102     ///< no memory, no randomness, or a bug
} tigress_code;

/// The version of the library that runs, such as "1.0.0"; TIGRESS_VERSION of tigress/version.h is that of the
/// headers.
TIGRESS_API const char* tigress_version(void);

/// Ends a text that the library gave out. Wipes it.
TIGRESS_API void tigress_text_free(char* text);

// ---------------------------------------------------------------------------------------------- errors

typedef struct tigress_error tigress_error;

TIGRESS_API tigress_code tigress_error_code(const tigress_error* error);
/// One sentence for people, without any secret. Lives as long as the error.
TIGRESS_API const char* tigress_error_message(const tigress_error* error);
/// Of TIGRESS_SLOW_DOWN: in how many seconds the relay wants to be asked again; -1 if it did not say.
TIGRESS_API int64_t tigress_error_retry_after(const tigress_error* error);
TIGRESS_API void tigress_error_free(tigress_error* error);

// ---------------------------------------------------------------------------------------------- client

/// What sessions run in: the way to relays, the clock, randomness (Environment in tigress/environment.h).
/// All that is set must be set before the first creation or session, else TIGRESS_WRONG_MOMENT.
typedef struct tigress_client tigress_client;

TIGRESS_API tigress_code tigress_client_new(tigress_client** client, tigress_error** error);
TIGRESS_API void tigress_client_free(tigress_client* client);

/// Trusts the certificates in a PEM file instead of the system's.
TIGRESS_API tigress_code tigress_client_set_ca_file(tigress_client* client, const char* path,
                                                    tigress_error** error);

/// The bearer token of relays that make shares for some only; null or empty for none.
TIGRESS_API tigress_code tigress_client_set_create_token(tigress_client* client, const char* token,
                                                         tigress_error** error);

/// Who this device is to servers that ask: the lines of Credentials::parse in tigress/credentials.h. Null or
/// empty for none.
TIGRESS_API tigress_code tigress_client_set_credentials(tigress_client* client, const char* lines,
                                                        tigress_error** error);

/// Which servers may be talked to, as AllowList::parse in tigress/allow_list.h reads it; what asks another
/// one fails as TIGRESS_RELAY_NOT_ALLOWED before anything is sent. Null for all of them.
TIGRESS_API tigress_code tigress_client_set_allow_list(tigress_client* client, const char* servers,
                                                       tigress_error** error);

/// One HTTP request that a transport of the caller's is to make. Lives until the callback returns.
typedef struct tigress_request tigress_request;
TIGRESS_API const char* tigress_request_method(const tigress_request* request);
/// An absolute URL without a fragment.
TIGRESS_API const char* tigress_request_url(const tigress_request* request);
TIGRESS_API size_t tigress_request_header_count(const tigress_request* request);
/// Null beyond the last one.
TIGRESS_API const char* tigress_request_header_name(const tigress_request* request, size_t index);
TIGRESS_API const char* tigress_request_header_value(const tigress_request* request, size_t index);
TIGRESS_API const void* tigress_request_body(const tigress_request* request);
TIGRESS_API size_t tigress_request_body_size(const tigress_request* request);

/// The answer to it, to be filled by the callback. Everything is copied.
typedef struct tigress_response tigress_response;
TIGRESS_API void tigress_response_set_status(tigress_response* response, int status);
TIGRESS_API void tigress_response_add_header(tigress_response* response, const char* name, const char* value);
TIGRESS_API void tigress_response_set_body(tigress_response* response, const void* bytes, size_t size);

/// Makes one request: URLSession, OkHttp, whatever the platform has. Returns a tigress_code: TIGRESS_OK with
/// any complete answer, whatever its status, redirects included and never followed; TIGRESS_UNREACHABLE if
/// the request was not sent; TIGRESS_ANSWER_LOST if no answer came within `longest_seconds` after it may have
/// been; TIGRESS_RELAY_FAILED if what came is no HTTP; TIGRESS_CANCELLED if the client was cancelled.
typedef int (*tigress_exchange)(void* user, const tigress_request* request, uint32_t longest_seconds,
                                tigress_response* response);
/// `user` is given back to every call, and to `release` when the library needs it no more (it may be null).
TIGRESS_API tigress_code tigress_client_set_transport(tigress_client* client, tigress_exchange exchange,
                                                      void* user, void (*release)(void* user),
                                                      tigress_error** error);

/// Milliseconds since 1970-01-01T00:00:00Z.
typedef int64_t (*tigress_clock)(void* user);
TIGRESS_API tigress_code tigress_client_set_clock(tigress_client* client, tigress_clock clock, void* user,
                                                  tigress_error** error);

/// Fills `size` bytes with unguessable bits; false if it cannot.
typedef bool (*tigress_random)(void* user, void* out, size_t size);
TIGRESS_API tigress_code tigress_client_set_random(tigress_client* client, tigress_random random, void* user,
                                                   tigress_error** error);

/// Progress::Step of tigress/progress.h. Later versions may add some.
typedef enum tigress_step {
  TIGRESS_CREATING = 0,
  TIGRESS_CLAIMING = 1,
  TIGRESS_WAITING = 2,
  TIGRESS_SENDING = 3,
  TIGRESS_RETRYING = 4
} tigress_step;

/// Told before each step. Of TIGRESS_RETRYING: why, and in how many milliseconds; else TIGRESS_OK and 0.
typedef void (*tigress_progress)(void* user, tigress_step step, tigress_code why, int64_t pause_milliseconds);
TIGRESS_API tigress_code tigress_client_set_progress(tigress_client* client, tigress_progress progress,
                                                     void* user, tigress_error** error);

/// Any thread may call it, also a callback. What runs with this client ends as TIGRESS_CANCELLED, and so does
/// whatever is asked of a relay with it from now on. To go on, restore the session with a new client.
TIGRESS_API void tigress_client_cancel(tigress_client* client);
TIGRESS_API bool tigress_client_is_cancelled(const tigress_client* client);

// ---------------------------------------------------------------------------------------------- sending

/// What a credential opens.
typedef enum tigress_vertical { TIGRESS_GENERAL = 0, TIGRESS_HOME = 1, TIGRESS_CAR = 2 } tigress_vertical;

/// What a sender offers (Offer in tigress/sender.h).
typedef struct tigress_offer tigress_offer;

/// `message` is what the receiver gets first.
TIGRESS_API tigress_code tigress_offer_new(const char* message, tigress_offer** offer, tigress_error** error);
TIGRESS_API void tigress_offer_free(tigress_offer* offer);
/// One more message, to be sent after those before it without an answer.
TIGRESS_API tigress_code tigress_offer_add_message(tigress_offer* offer, const char* message,
                                                   tigress_error** error);
/// What a messaging app may show of the share: public, in UTF-8. Null takes it away.
TIGRESS_API tigress_code tigress_offer_set_title(tigress_offer* offer, const char* text,
                                                 tigress_error** error);
TIGRESS_API tigress_code tigress_offer_set_description(tigress_offer* offer, const char* text,
                                                       tigress_error** error);
TIGRESS_API tigress_code tigress_offer_set_image_url(tigress_offer* offer, const char* text,
                                                     tigress_error** error);
/// `vertical` is a tigress_vertical; an int, for C++ may not even look at another one.
TIGRESS_API tigress_code tigress_offer_set_vertical(tigress_offer* offer, int vertical,
                                                    tigress_error** error);
/// When the relay is to forget the share, in milliseconds since 1970; it may choose an earlier time.
TIGRESS_API tigress_code tigress_offer_set_expires(tigress_offer* offer, int64_t milliseconds,
                                                   tigress_error** error);
/// An open share belongs to whoever has its address; else it is claimed by the first that proves its link.
TIGRESS_API tigress_code tigress_offer_set_open(tigress_offer* offer, bool open, tigress_error** error);

/// A share about to be made (Creation in tigress/sender.h). Nothing is sent yet.
typedef struct tigress_creation tigress_creation;

/// `relay` is such as "https://relay.example", or "dav+https://dav.example/folder/" on a server that is no
/// relay.
TIGRESS_API tigress_code tigress_creation_new(tigress_client* client, const char* relay,
                                              const tigress_offer* offer, tigress_creation** creation,
                                              tigress_error** error);
/// As kept by `tigress_creation_state`.
TIGRESS_API tigress_code tigress_creation_restore(tigress_client* client, const char* state,
                                                  tigress_creation** creation, tigress_error** error);
/// All of it, to go on after a crash. Holds the secret: whoever has it is this device.
TIGRESS_API tigress_code tigress_creation_state(const tigress_creation* creation, char** state,
                                                tigress_error** error);
TIGRESS_API void tigress_creation_free(tigress_creation* creation);

// --------------------------------------------------------------------------------------------- sessions

/// One device's end of a share (Session in tigress/session.h).
typedef struct tigress_session tigress_session;

/// Makes the share. May be called again with the same creation after TIGRESS_ANSWER_LOST and whatever else
/// may pass: the relay makes it once. Messages added to the offer wait: see `tigress_session_resend`.
TIGRESS_API tigress_code tigress_session_create(const tigress_creation* creation, tigress_session** session,
                                                tigress_error** error);
/// The receiver's end of a link as it came. Sends nothing yet.
TIGRESS_API tigress_code tigress_session_open(tigress_client* client, const char* link,
                                              tigress_session** session, tigress_error** error);
/// As kept by `tigress_session_state`. Sends nothing yet.
TIGRESS_API tigress_code tigress_session_restore(tigress_client* client, const char* state,
                                                 tigress_session** session, tigress_error** error);
/// All of it, to go on after a crash: to be kept before each request and after each answer. Holds the secret.
TIGRESS_API tigress_code tigress_session_state(const tigress_session* session, char** state,
                                               tigress_error** error);
TIGRESS_API void tigress_session_free(tigress_session* session);

/// The share link with its secret, for the other device's eyes alone.
TIGRESS_API tigress_code tigress_session_link(const tigress_session* session, char** link,
                                              tigress_error** error);
TIGRESS_API bool tigress_session_is_sender(const tigress_session* session);
/// When the relay will forget the share, in milliseconds since 1970; -1 if it did not say.
TIGRESS_API int64_t tigress_session_expires(const tigress_session* session);
/// The preview beside the last message read or written; null what it does not have. Lives until the next
/// message is read or written.
TIGRESS_API const char* tigress_session_title(const tigress_session* session);
TIGRESS_API const char* tigress_session_description(const tigress_session* session);
TIGRESS_API const char* tigress_session_image_url(const tigress_session* session);

/// The next message of the other device, waited for as long as `patience_seconds`.
TIGRESS_API tigress_code tigress_session_receive(tigress_session* session, uint32_t patience_seconds,
                                                 char** message, tigress_error** error);
/// Whether messages have come that `receive` gives without asking the relay.
TIGRESS_API bool tigress_session_is_unread(const tigress_session* session);
/// Whether it is this device's turn.
TIGRESS_API bool tigress_session_is_to_answer(const tigress_session* session);

/// `prepare` and `resend`, for callers that keep no state.
TIGRESS_API tigress_code tigress_session_send(tigress_session* session, const char* message,
                                              uint32_t patience_seconds, tigress_error** error);
/// Puts a message behind those that wait to be sent. To be called once something was sent or received.
TIGRESS_API tigress_code tigress_session_prepare(tigress_session* session, const char* message,
                                                 tigress_error** error);
/// Whether messages wait to be sent.
TIGRESS_API bool tigress_session_is_pending(const tigress_session* session);
/// Sends the first message that waits.
TIGRESS_API tigress_code tigress_session_resend(tigress_session* session, uint32_t patience_seconds,
                                                tigress_error** error);
/// Whether a message may have arrived or not: `resend` comes next, nothing else can tell.
TIGRESS_API bool tigress_session_is_unsettled(const tigress_session* session);

/// Says that the share is final.
TIGRESS_API tigress_code tigress_session_lock(tigress_session* session, tigress_error** error);
/// Deletes the share. Either device may, at any time.
TIGRESS_API tigress_code tigress_session_remove(tigress_session* session, tigress_error** error);
/// Gives up the place of a receiver: another device may claim the share.
TIGRESS_API tigress_code tigress_session_relinquish(tigress_session* session, tigress_error** error);

/// ShareState of tigress/remote_share.h.
typedef enum tigress_share_state {
  TIGRESS_STATE_NOT_TOLD = 0,
  TIGRESS_STATE_WAITING = 1,
  TIGRESS_STATE_CLAIMED = 2,
  TIGRESS_STATE_COMPLETED = 3,
  TIGRESS_STATE_CANCELLED = 4,
  TIGRESS_STATE_EXPIRED = 5
} tigress_share_state;

/// How far the share has come.
TIGRESS_API tigress_code tigress_session_share_state(tigress_session* session, tigress_share_state* state,
                                                     tigress_error** error);

// --------------------------------------------------------------------------------------------- watching

/// ShareEvent of tigress/watch.h. Later versions may add some.
typedef enum tigress_event {
  TIGRESS_EVENT_NONE = 0,
  TIGRESS_EVENT_OPEN = 1,
  TIGRESS_EVENT_WAITING = 2,
  TIGRESS_EVENT_CLAIMED = 3,
  TIGRESS_EVENT_CHANGED = 4,
  TIGRESS_EVENT_COMPLETED = 5,
  TIGRESS_EVENT_CANCELLED = 6,
  TIGRESS_EVENT_EXPIRED = 7,
  TIGRESS_EVENT_REMOVED = 8
} tigress_event;

/// Follows the share of a session without reading or changing it (Watch in tigress/watch.h).
typedef struct tigress_watch tigress_watch;

TIGRESS_API tigress_code tigress_watch_new(const tigress_session* session, tigress_watch** watch,
                                           tigress_error** error);
/// The next event, waited for as long as `patience_seconds`; the first one is how the share stands.
TIGRESS_API tigress_code tigress_watch_next(tigress_watch* watch, uint32_t patience_seconds,
                                            tigress_event* event, tigress_error** error);
TIGRESS_API void tigress_watch_free(tigress_watch* watch);

#ifdef __cplusplus
}
#endif
