#include "server/admin.h"

#include "server/metrics/exposition.h"

namespace tigress::relay {
namespace {

Response text(int status, std::string body, const std::string& type = "text/plain; charset=utf-8") {
  return {status, {{"Content-Type", type}, {"Cache-Control", "no-store"}}, std::move(body)};
}

}  // namespace

struct Admin::Page {
  std::string_view path;
  Response (Admin::*answer)();
};

const Admin::Page Admin::kPages[] = {
    {"/healthz", &Admin::health},
    {"/readyz", &Admin::readiness},
    {"/metrics", &Admin::metrics},
};

void Admin::answer(Request request, front::Reply reply) {
  const std::string_view path = std::string_view(request.target).substr(0, request.target.find('?'));
  for (const Page& page : kPages) {
    if (page.path != path) continue;
    if (request.method == "GET" || request.method == "HEAD") return reply.send((this->*page.answer)());
    Response response = text(405, "GET or HEAD\n");
    response.headers.add("Allow", "GET, HEAD");
    return reply.send(std::move(response));
  }
  reply.send(text(404, "here are /healthz, /readyz and /metrics\n"));
}

void Admin::answerToHead(Request, front::Reply reply) {
  reply.proceed();
}

Response Admin::health() {
  return text(200, "ok\n");
}

Response Admin::readiness() {
  try {
    if (parts_.relay.isReady()) return text(200, "ok\n");
    return text(503, "the store is full\n");
  } catch (const std::exception& error) {
    parts_.log.error(std::string("not ready: ") + error.what());
    return text(503, "the store takes no changes; the log says why\n");
  }
}

Response Admin::metrics() {
  metrics::Readings readings = parts_.relay.readings();
  readings.connections = static_cast<std::uint64_t>(parts_.front.connections());
  return text(200, metrics::expose(parts_.registry.read(), readings), metrics::kExpositionType);
}

}  // namespace tigress::relay
