#include <algorithm>
#include <cstring>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <vector>

#include "client/src/cryptography.h"
#include "common/text.h"
#include "tigress.h"
#include "tigress/allow_list.h"
#include "tigress/credentials.h"
#include "tigress/http_transport.h"
#include "tigress/receiver.h"
#include "tigress/sender.h"
#include "tigress/version.h"
#include "tigress/watch.h"

// The C interface: nothing but another way to call the classes of tigress/*.h. `guarded` is the wall that no
// exception passes.

namespace tigress::client {
namespace {

tigress_code codeOf(FailureCode code) {
  switch (code) {
    case FailureCode::linkIncomplete:
      return TIGRESS_LINK_INCOMPLETE;
    case FailureCode::notFoundOrExpired:
      return TIGRESS_NOT_FOUND_OR_EXPIRED;
    case FailureCode::takenByAnotherDevice:
      return TIGRESS_TAKEN_BY_ANOTHER_DEVICE;
    case FailureCode::overtaken:
      return TIGRESS_OVERTAKEN;
    case FailureCode::stillWaiting:
      return TIGRESS_STILL_WAITING;
    case FailureCode::wrongKeyOrAltered:
      return TIGRESS_WRONG_KEY_OR_ALTERED;
    case FailureCode::replayed:
      return TIGRESS_REPLAYED;
    case FailureCode::reflected:
      return TIGRESS_REFLECTED;
    case FailureCode::messageMissing:
      return TIGRESS_MESSAGE_MISSING;
    case FailureCode::forked:
      return TIGRESS_FORKED;
    case FailureCode::previewChanged:
      return TIGRESS_PREVIEW_CHANGED;
    case FailureCode::unmarked:
      return TIGRESS_UNMARKED;
    case FailureCode::slowDown:
      return TIGRESS_SLOW_DOWN;
    case FailureCode::unreachable:
      return TIGRESS_UNREACHABLE;
    case FailureCode::answerLost:
      return TIGRESS_ANSWER_LOST;
    case FailureCode::relayFailed:
      return TIGRESS_RELAY_FAILED;
    case FailureCode::tooLarge:
      return TIGRESS_TOO_LARGE;
    case FailureCode::refusedByPolicy:
      return TIGRESS_REFUSED_BY_POLICY;
    case FailureCode::cancelled:
      return TIGRESS_CANCELLED;
    case FailureCode::notAuthorized:
      return TIGRESS_NOT_AUTHORIZED;
    case FailureCode::relayNotAllowed:
      return TIGRESS_RELAY_NOT_ALLOWED;
  }
  return TIGRESS_MACHINE_FAILED;
}

tigress_step stepOf(Progress::Step step) {
  switch (step) {
    case Progress::Step::creating:
      return TIGRESS_CREATING;
    case Progress::Step::claiming:
      return TIGRESS_CLAIMING;
    case Progress::Step::waiting:
      return TIGRESS_WAITING;
    case Progress::Step::sending:
      return TIGRESS_SENDING;
    case Progress::Step::retrying:
      return TIGRESS_RETRYING;
  }
  return TIGRESS_RETRYING;
}

tigress_share_state stateOf(ShareState state) {
  switch (state) {
    case ShareState::waiting:
      return TIGRESS_STATE_WAITING;
    case ShareState::claimed:
      return TIGRESS_STATE_CLAIMED;
    case ShareState::completed:
      return TIGRESS_STATE_COMPLETED;
    case ShareState::cancelled:
      return TIGRESS_STATE_CANCELLED;
    case ShareState::expired:
      return TIGRESS_STATE_EXPIRED;
  }
  return TIGRESS_STATE_NOT_TOLD;
}

tigress_event eventOf(ShareEvent event) {
  switch (event) {
    case ShareEvent::open:
      return TIGRESS_EVENT_OPEN;
    case ShareEvent::waiting:
      return TIGRESS_EVENT_WAITING;
    case ShareEvent::claimed:
      return TIGRESS_EVENT_CLAIMED;
    case ShareEvent::changed:
      return TIGRESS_EVENT_CHANGED;
    case ShareEvent::completed:
      return TIGRESS_EVENT_COMPLETED;
    case ShareEvent::cancelled:
      return TIGRESS_EVENT_CANCELLED;
    case ShareEvent::expired:
      return TIGRESS_EVENT_EXPIRED;
    case ShareEvent::removed:
      return TIGRESS_EVENT_REMOVED;
  }
  return TIGRESS_EVENT_OPEN;
}

/// What a function of this interface gives: nothing, or why not.
struct Refusal {
  tigress_code code;
  std::string message;
  std::int64_t retryAfter = -1;
};
using Done = std::optional<Refusal>;

Done invalid(std::string message) {
  return Refusal{TIGRESS_INVALID_ARGUMENT, std::move(message)};
}

Done invalid(const ParseError& error) {
  return invalid(error.detail);
}

Done wrongMoment(std::string message) {
  return Refusal{TIGRESS_WRONG_MOMENT, std::move(message)};
}

Done failed(const Failure& failure) {
  return Refusal{codeOf(failure.code), failure.detail, failure.retryAfter ? failure.retryAfter->count() : -1};
}

Done doneOr(const Result<void, Failure>& result) {
  return result ? Done() : failed(result.error());
}

/// A transport of the caller's.
class ForeignTransport final : public Transport {
 public:
  ForeignTransport(tigress_exchange function, void* user, void (*release)(void*))
      : exchange_(function), user_(user), release_(release) {}
  ForeignTransport(const ForeignTransport&) = delete;
  ForeignTransport& operator=(const ForeignTransport&) = delete;
  ~ForeignTransport() override {
    if (release_) release_(user_);
  }

  Result<Response, Failure> exchange(const Request& request, std::chrono::seconds longest) override;

 private:
  tigress_exchange exchange_;
  void* user_;
  void (*release_)(void*);
};

/// What a client is to its sessions, which keep it. Made whole by `complete`, before the first of them.
struct Machine {
  Cancellation cancellation;
  std::unique_ptr<Transport> transport;  // then those around it, each over the one before
  std::unique_ptr<AllowListTransport> allowed;
  std::unique_ptr<AuthenticatingTransport> authenticated;
  HttpTransport::Options options;
  AllowList allowList;
  Credentials credentials;
  RandomSource random = systemRandom;
  std::function<TimePoint()> now = systemNow;
  std::string createToken;
  std::function<void(const Progress&)> progress;
  bool inUse = false;

  Done complete() {
    inUse = true;
    if (authenticated) return {};
    if (!transport) {
      options.cancellation = cancellation;
      auto opened = HttpTransport::open(options);
      if (!opened) return invalid(opened.error());
      transport = *std::move(opened);
    }
    allowed = std::make_unique<AllowListTransport>(*transport, allowList);
    authenticated = std::make_unique<AuthenticatingTransport>(
        *allowed, [this](const std::string& origin, const std::string&) { return credentials.find(origin); },
        random);
    return {};
  }

  Environment environment() const {
    Environment environment{*authenticated};
    environment.random = random;
    environment.now = now;
    environment.createToken = createToken;
    environment.cancellation = cancellation;
    environment.progress = progress;
    return environment;
  }
};

}  // namespace
}  // namespace tigress::client

using namespace tigress;
using namespace tigress::client;

struct tigress_error {
  Refusal refusal;
};

struct tigress_client {
  std::shared_ptr<Machine> machine;
};

struct tigress_request {
  const Request& request;
  std::vector<std::pair<std::string, std::string>> headers;  // C wants them to end
};

struct tigress_response {
  Response response;
};

struct tigress_offer {
  Offer offer;
};

struct tigress_creation {
  std::shared_ptr<Machine> machine;
  Json state;  // a creation is used up by Sender::create, and may be asked for again
};

struct tigress_session {
  std::shared_ptr<Machine> machine;
  Session session;
};

struct tigress_watch {
  std::shared_ptr<Machine> machine;
  Watch watch;
};

namespace tigress::client {
namespace {

Result<Response, Failure> ForeignTransport::exchange(const Request& request, std::chrono::seconds longest) {
  const tigress_request asked{request, {request.headers.begin(), request.headers.end()}};
  tigress_response answer{};
  answer.response.status = 0;
  switch (exchange_(user_, &asked, static_cast<std::uint32_t>(longest.count()), &answer)) {
    case TIGRESS_OK:
      if (answer.response.status < 100 || answer.response.status > 599) {
        return Failure{FailureCode::relayFailed, "what answered does not speak HTTP"};
      }
      return std::move(answer.response);
    case TIGRESS_UNREACHABLE:
      return Failure{FailureCode::unreachable, "there is no connection to the relay"};
    case TIGRESS_RELAY_FAILED:
      return Failure{FailureCode::relayFailed, "what answered does not speak HTTP"};
    case TIGRESS_CANCELLED:
      return Cancellation::failure();
    default:
      return Failure{FailureCode::answerLost, "the relay did not answer"};
  }
}

// Runs `work`; what it says, or throws, becomes the code and the error.
template <class Work>
tigress_code guarded(tigress_error** error, Work work) noexcept {
  if (error) *error = nullptr;
  Done done;
  try {
    done = work();
  } catch (const std::bad_alloc&) {
    return TIGRESS_MACHINE_FAILED;
  } catch (const std::exception& thrown) {
    done = Refusal{TIGRESS_MACHINE_FAILED, {}};
    try {
      done->message = thrown.what();
    } catch (...) {
    }
  } catch (...) {
    done = Refusal{TIGRESS_MACHINE_FAILED, {}};
  }
  if (!done) return TIGRESS_OK;
  const tigress_code code = done->code;
  if (error) *error = new (std::nothrow) tigress_error{*std::move(done)};
  return code;
}

// An address that was given, or a refusal.
template <class... Pointers>
Done allGiven(Pointers... pointers) {
  return (... && (pointers != nullptr)) ? Done() : invalid("a pointer that must be given is null");
}

Done giveOut(std::string text, char** out) {
  char* copy = new char[text.size() + 1];
  std::memcpy(copy, text.c_str(), text.size() + 1);
  wipe(text);
  *out = copy;
  return {};
}

Result<ProvisioningInformation, Refusal> messageIn(const char* text) {
  if (!text) return Refusal{TIGRESS_INVALID_ARGUMENT, "a message that must be given is null"};
  auto message = ProvisioningInformation::parse(text);
  if (!message) return Refusal{TIGRESS_INVALID_ARGUMENT, message.error().detail};
  return *std::move(message);
}

// Sets something of a client that nothing uses yet.
template <class Work>
tigress_code configured(tigress_client* client, tigress_error** error, Work work) noexcept {
  return guarded(error, [&]() -> Done {
    if (!client) return allGiven(client);
    if (client->machine->inUse)
      return wrongMoment("the client is in use: set it up before its first session");
    return work(*client->machine);
  });
}

template <class Work>
tigress_code offered(tigress_offer* offer, tigress_error** error, Work work) noexcept {
  return guarded(error, [&]() -> Done {
    if (!offer) return allGiven(offer);
    return work(offer->offer);
  });
}

template <class Work>
tigress_code within(tigress_session* session, tigress_error** error, Work work) noexcept {
  return guarded(error, [&]() -> Done {
    if (!session) return allGiven(session);
    return work(session->session);
  });
}

// JSON would not carry other text as it is, and the receiver would take it for altered.
Done takeText(std::optional<std::string>& to, const char* text) {
  if (text && !isUtf8(text)) return invalid("the text is not UTF-8");
  to = text ? std::optional<std::string>(text) : std::nullopt;
  return {};
}

const char* textOf(const std::optional<std::string>& text) {
  return text ? text->c_str() : nullptr;
}

std::int64_t milliseconds(std::optional<TimePoint> time) {
  return time ? time->time_since_epoch().count() : -1;
}

constexpr const char* kUnsettled =
    "a message may have arrived or not: tigress_session_resend comes before anything else";
constexpr const char* kNotMet = "nothing was sent or received yet: tigress_session_receive comes first";

}  // namespace
}  // namespace tigress::client

extern "C" {

const char* tigress_version(void) {
  return kVersion;
}

void tigress_text_free(char* text) {
  if (!text) return;
  client::wipe(text, std::strlen(text));
  delete[] text;
}

tigress_code tigress_error_code(const tigress_error* error) {
  return error ? error->refusal.code : TIGRESS_OK;
}

const char* tigress_error_message(const tigress_error* error) {
  return error ? error->refusal.message.c_str() : "";
}

int64_t tigress_error_retry_after(const tigress_error* error) {
  return error ? error->refusal.retryAfter : -1;
}

void tigress_error_free(tigress_error* error) {
  delete error;
}

tigress_code tigress_client_new(tigress_client** client, tigress_error** error) {
  return guarded(error, [&]() -> Done {
    if (auto missing = allGiven(client)) return missing;
    *client = nullptr;
    *client = new tigress_client{std::make_shared<Machine>()};
    return {};
  });
}

void tigress_client_free(tigress_client* client) {
  delete client;
}

tigress_code tigress_client_set_ca_file(tigress_client* client, const char* path, tigress_error** error) {
  return configured(client, error, [&](Machine& machine) -> Done {
    if (auto missing = allGiven(path)) return missing;
    HttpTransport::Options options = machine.options;
    options.caFile = path;
    if (const auto opened = HttpTransport::open(options); !opened) return invalid(opened.error());
    machine.options = std::move(options);
    return {};
  });
}

tigress_code tigress_client_set_create_token(tigress_client* client, const char* token,
                                             tigress_error** error) {
  return configured(client, error, [&](Machine& machine) -> Done {
    machine.createToken = token ? token : "";
    return {};
  });
}

tigress_code tigress_client_set_credentials(tigress_client* client, const char* lines,
                                            tigress_error** error) {
  return configured(client, error, [&](Machine& machine) -> Done {
    auto credentials = Credentials::parse(lines ? lines : "");
    if (!credentials) return invalid(credentials.error());
    machine.credentials = *std::move(credentials);
    return {};
  });
}

tigress_code tigress_client_set_allow_list(tigress_client* client, const char* servers,
                                           tigress_error** error) {
  return configured(client, error, [&](Machine& machine) -> Done {
    auto list = servers ? AllowList::parse(servers) : AllowList();
    if (!list) return invalid(list.error());
    machine.allowList = *std::move(list);
    return {};
  });
}

const char* tigress_request_method(const tigress_request* request) {
  return request->request.method.c_str();
}

const char* tigress_request_url(const tigress_request* request) {
  return request->request.target.c_str();
}

size_t tigress_request_header_count(const tigress_request* request) {
  return request->headers.size();
}

const char* tigress_request_header_name(const tigress_request* request, size_t index) {
  return index < request->headers.size() ? request->headers[index].first.c_str() : nullptr;
}

const char* tigress_request_header_value(const tigress_request* request, size_t index) {
  return index < request->headers.size() ? request->headers[index].second.c_str() : nullptr;
}

const void* tigress_request_body(const tigress_request* request) {
  return request->request.body.data();
}

size_t tigress_request_body_size(const tigress_request* request) {
  return request->request.body.size();
}

void tigress_response_set_status(tigress_response* response, int status) {
  response->response.status = status;
}

void tigress_response_add_header(tigress_response* response, const char* name, const char* value) {
  guarded(nullptr, [&]() -> Done {
    if (auto missing = allGiven(name, value)) return missing;
    response->response.headers.add(name, value);
    return {};
  });
}

void tigress_response_set_body(tigress_response* response, const void* bytes, size_t size) {
  guarded(nullptr, [&]() -> Done {
    if (size > 0) response->response.body.assign(static_cast<const char*>(bytes), size);
    return {};
  });
}

tigress_code tigress_client_set_transport(tigress_client* client, tigress_exchange exchange, void* user,
                                          void (*release)(void* user), tigress_error** error) {
  return configured(client, error, [&](Machine& machine) -> Done {
    if (!exchange) return invalid("a transport needs a function that makes requests");
    machine.transport = std::make_unique<ForeignTransport>(exchange, user, release);
    return {};
  });
}

tigress_code tigress_client_set_clock(tigress_client* client, tigress_clock clock, void* user,
                                      tigress_error** error) {
  return configured(client, error, [&](Machine& machine) -> Done {
    if (!clock) return invalid("a clock needs a function");
    machine.now = [clock, user] { return TimePoint(std::chrono::milliseconds(clock(user))); };
    return {};
  });
}

tigress_code tigress_client_set_random(tigress_client* client, tigress_random random, void* user,
                                       tigress_error** error) {
  return configured(client, error, [&](Machine& machine) -> Done {
    if (!random) return invalid("randomness needs a function");
    machine.random = [random, user](void* out, std::size_t size) {
      if (!random(user, out, size)) throw std::runtime_error("the caller's randomness failed");
    };
    return {};
  });
}

tigress_code tigress_client_set_progress(tigress_client* client, tigress_progress progress, void* user,
                                         tigress_error** error) {
  return configured(client, error, [&](Machine& machine) -> Done {
    if (!progress) {
      machine.progress = {};
      return {};
    }
    machine.progress = [progress, user](const Progress& step) {
      progress(user, stepOf(step.step), step.failure ? codeOf(*step.failure) : TIGRESS_OK,
               step.pause.count());
    };
    return {};
  });
}

void tigress_client_cancel(tigress_client* client) {
  if (client) client->machine->cancellation.cancel();
}

bool tigress_client_is_cancelled(const tigress_client* client) {
  return client && client->machine->cancellation.cancelled();
}

tigress_code tigress_offer_new(const char* message, tigress_offer** offer, tigress_error** error) {
  return guarded(error, [&]() -> Done {
    if (auto missing = allGiven(offer)) return missing;
    *offer = nullptr;
    auto information = messageIn(message);
    if (!information) return information.error();
    *offer = new tigress_offer{Offer{*std::move(information), {}, Vertical::general, std::nullopt}};
    return {};
  });
}

void tigress_offer_free(tigress_offer* offer) {
  delete offer;
}

tigress_code tigress_offer_add_message(tigress_offer* offer, const char* message, tigress_error** error) {
  return offered(offer, error, [&](Offer& to) -> Done {
    auto information = messageIn(message);
    if (!information) return information.error();
    to.following.push_back(*std::move(information));
    return {};
  });
}

tigress_code tigress_offer_set_title(tigress_offer* offer, const char* text, tigress_error** error) {
  return offered(offer, error, [&](Offer& to) -> Done { return takeText(to.display.title, text); });
}

tigress_code tigress_offer_set_description(tigress_offer* offer, const char* text, tigress_error** error) {
  return offered(offer, error, [&](Offer& to) -> Done { return takeText(to.display.description, text); });
}

tigress_code tigress_offer_set_image_url(tigress_offer* offer, const char* text, tigress_error** error) {
  return offered(offer, error, [&](Offer& to) -> Done { return takeText(to.display.imageUrl, text); });
}

tigress_code tigress_offer_set_vertical(tigress_offer* offer, int vertical, tigress_error** error) {
  return offered(offer, error, [&](Offer& to) -> Done {
    switch (vertical) {
      case TIGRESS_GENERAL:
        to.vertical = Vertical::general;
        return {};
      case TIGRESS_HOME:
        to.vertical = Vertical::home;
        return {};
      case TIGRESS_CAR:
        to.vertical = Vertical::car;
        return {};
    }
    return invalid("there is no such vertical");
  });
}

tigress_code tigress_offer_set_expires(tigress_offer* offer, int64_t milliseconds, tigress_error** error) {
  return offered(offer, error, [&](Offer& to) -> Done {
    // What RFC 3339 can say.
    constexpr std::int64_t kEndOfYear9999 = 253'402'300'799'999;
    if (milliseconds < 0 || milliseconds > kEndOfYear9999)
      return invalid("a time is expected in milliseconds since 1970");
    to.expires = TimePoint(std::chrono::milliseconds(milliseconds));
    return {};
  });
}

tigress_code tigress_offer_set_open(tigress_offer* offer, bool open, tigress_error** error) {
  return offered(offer, error, [&](Offer& to) -> Done {
    to.open = open;
    return {};
  });
}

tigress_code tigress_creation_new(tigress_client* client, const char* relay, const tigress_offer* offer,
                                  tigress_creation** creation, tigress_error** error) {
  return guarded(error, [&]() -> Done {
    if (auto missing = allGiven(client, relay, offer, creation)) return missing;
    *creation = nullptr;
    auto place = parsePlace(relay);
    if (!place) return invalid(place.error());
    if (auto refused = client->machine->complete()) return refused;
    const Creation made(client->machine->environment(), *std::move(place), offer->offer);
    *creation = new tigress_creation{client->machine, made.state()};
    return {};
  });
}

tigress_code tigress_creation_restore(tigress_client* client, const char* state, tigress_creation** creation,
                                      tigress_error** error) {
  return guarded(error, [&]() -> Done {
    if (auto missing = allGiven(client, state, creation)) return missing;
    *creation = nullptr;
    const auto json = Json::parse(state, Session::kStateDepth);
    if (!json) return invalid(json.error());
    const auto restored = Creation::restore(*json);
    if (!restored) return invalid(restored.error());
    if (auto refused = client->machine->complete()) return refused;
    *creation = new tigress_creation{client->machine, restored->state()};
    return {};
  });
}

tigress_code tigress_creation_state(const tigress_creation* creation, char** state, tigress_error** error) {
  return guarded(error, [&]() -> Done {
    if (auto missing = allGiven(creation, state)) return missing;
    *state = nullptr;
    return giveOut(creation->state.dump(), state);
  });
}

void tigress_creation_free(tigress_creation* creation) {
  delete creation;
}

tigress_code tigress_session_create(const tigress_creation* creation, tigress_session** session,
                                    tigress_error** error) {
  return guarded(error, [&]() -> Done {
    if (auto missing = allGiven(creation, session)) return missing;
    *session = nullptr;
    auto restored = Creation::restore(creation->state);
    if (!restored) return invalid(restored.error());
    auto sender = Sender::create(creation->machine->environment(), *std::move(restored));
    if (!sender) return failed(sender.error());
    *session = new tigress_session{creation->machine, *std::move(sender)};
    return {};
  });
}

tigress_code tigress_session_open(tigress_client* client, const char* link, tigress_session** session,
                                  tigress_error** error) {
  return guarded(error, [&]() -> Done {
    if (auto missing = allGiven(client, link, session)) return missing;
    *session = nullptr;
    auto parsed = ShareLink::parse(link);
    if (!parsed) return failed(parsed.error());
    if (auto refused = client->machine->complete()) return refused;
    *session =
        new tigress_session{client->machine, Receiver(client->machine->environment(), *std::move(parsed))};
    return {};
  });
}

tigress_code tigress_session_restore(tigress_client* client, const char* state, tigress_session** session,
                                     tigress_error** error) {
  return guarded(error, [&]() -> Done {
    if (auto missing = allGiven(client, state, session)) return missing;
    *session = nullptr;
    const auto json = Json::parse(state, Session::kStateDepth);
    if (!json) return invalid(json.error());
    if (auto refused = client->machine->complete()) return refused;
    auto restored = Session::restore(client->machine->environment(), *json);
    if (!restored) return invalid(restored.error());
    *session = new tigress_session{client->machine, *std::move(restored)};
    return {};
  });
}

tigress_code tigress_session_state(const tigress_session* session, char** state, tigress_error** error) {
  return guarded(error, [&]() -> Done {
    if (auto missing = allGiven(session, state)) return missing;
    *state = nullptr;
    return giveOut(session->session.state().dump(), state);
  });
}

void tigress_session_free(tigress_session* session) {
  delete session;
}

tigress_code tigress_session_link(const tigress_session* session, char** link, tigress_error** error) {
  return guarded(error, [&]() -> Done {
    if (auto missing = allGiven(session, link)) return missing;
    *link = nullptr;
    return giveOut(session->session.link().reveal(), link);
  });
}

bool tigress_session_is_sender(const tigress_session* session) {
  return session && session->session.role() == Channel::Role::sender;
}

int64_t tigress_session_expires(const tigress_session* session) {
  return session ? milliseconds(session->session.expires()) : -1;
}

const char* tigress_session_title(const tigress_session* session) {
  return session ? textOf(session->session.display().title) : nullptr;
}

const char* tigress_session_description(const tigress_session* session) {
  return session ? textOf(session->session.display().description) : nullptr;
}

const char* tigress_session_image_url(const tigress_session* session) {
  return session ? textOf(session->session.display().imageUrl) : nullptr;
}

tigress_code tigress_session_receive(tigress_session* session, uint32_t patience_seconds, char** message,
                                     tigress_error** error) {
  return within(session, error, [&](Session& in) -> Done {
    if (auto missing = allGiven(message)) return missing;
    *message = nullptr;
    if (in.unsettled() && !in.unread()) return wrongMoment(kUnsettled);
    const auto received = in.receive(std::chrono::seconds(patience_seconds));
    if (!received) return failed(received.error());
    return giveOut(received->toJson().dump(), message);
  });
}

bool tigress_session_is_unread(const tigress_session* session) {
  return session && session->session.unread();
}

bool tigress_session_is_to_answer(const tigress_session* session) {
  return session && session->session.toAnswer();
}

tigress_code tigress_session_send(tigress_session* session, const char* message, uint32_t patience_seconds,
                                  tigress_error** error) {
  return within(session, error, [&](Session& in) -> Done {
    const auto information = messageIn(message);
    if (!information) return information.error();
    if (!in.begun()) return wrongMoment(kNotMet);
    return doneOr(in.send(*information, std::chrono::seconds(patience_seconds)));
  });
}

tigress_code tigress_session_prepare(tigress_session* session, const char* message, tigress_error** error) {
  return within(session, error, [&](Session& in) -> Done {
    auto information = messageIn(message);
    if (!information) return information.error();
    if (!in.begun()) return wrongMoment(kNotMet);
    in.prepare({*std::move(information)});
    return {};
  });
}

bool tigress_session_is_pending(const tigress_session* session) {
  return session && session->session.pending();
}

tigress_code tigress_session_resend(tigress_session* session, uint32_t patience_seconds,
                                    tigress_error** error) {
  return within(session, error, [&](Session& in) -> Done {
    if (!in.pending()) return wrongMoment("no message waits to be sent");
    return doneOr(in.resend(std::chrono::seconds(patience_seconds)));
  });
}

bool tigress_session_is_unsettled(const tigress_session* session) {
  return session && session->session.unsettled();
}

tigress_code tigress_session_lock(tigress_session* session, tigress_error** error) {
  return within(session, error, [](Session& in) { return doneOr(in.lock()); });
}

tigress_code tigress_session_remove(tigress_session* session, tigress_error** error) {
  return within(session, error, [](Session& in) { return doneOr(in.remove()); });
}

tigress_code tigress_session_relinquish(tigress_session* session, tigress_error** error) {
  return within(session, error, [](Session& in) { return doneOr(in.relinquish()); });
}

tigress_code tigress_session_share_state(tigress_session* session, tigress_share_state* state,
                                         tigress_error** error) {
  return within(session, error, [&](Session& in) -> Done {
    if (auto missing = allGiven(state)) return missing;
    *state = TIGRESS_STATE_NOT_TOLD;
    const auto told = in.status();
    if (!told) return failed(told.error());
    if (*told && (*told)->state) *state = stateOf(*(*told)->state);
    return {};
  });
}

tigress_code tigress_watch_new(const tigress_session* session, tigress_watch** watch, tigress_error** error) {
  return guarded(error, [&]() -> Done {
    if (auto missing = allGiven(session, watch)) return missing;
    *watch = nullptr;
    *watch = new tigress_watch{session->machine, session->session.watch()};
    return {};
  });
}

tigress_code tigress_watch_next(tigress_watch* watch, uint32_t patience_seconds, tigress_event* event,
                                tigress_error** error) {
  return guarded(error, [&]() -> Done {
    if (auto missing = allGiven(watch, event)) return missing;
    *event = TIGRESS_EVENT_NONE;
    const auto next = watch->watch.next(std::chrono::seconds(patience_seconds));
    if (!next) return failed(next.error());
    *event = eventOf(*next);
    return {};
  });
}

void tigress_watch_free(tigress_watch* watch) {
  delete watch;
}

}  // extern "C"
