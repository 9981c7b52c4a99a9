#pragma once

#include <string_view>

// What is fuzzed: each function takes any bytes and throws if a promise is broken. libFuzzer calls them with
// bytes of its own (the fuzz_* programs); the normal tests replay corpus/<name>/ through them.

namespace tigress::fuzz {

void ifHeader(std::string_view bytes);
void davXml(std::string_view bytes);
void requestReader(std::string_view bytes);
void shareCodec(std::string_view bytes);
void shareDocument(std::string_view bytes);
void attestation(std::string_view bytes);
void pushRegister(std::string_view bytes);
void shareLink(std::string_view bytes);
void negotiation(std::string_view bytes);

struct Target {
  std::string_view name;  ///< of its corpus folder
  void (*run)(std::string_view bytes);
};

inline constexpr Target kTargets[] = {{"if_header", ifHeader},           {"dav_xml", davXml},
                                      {"request_reader", requestReader}, {"share_codec", shareCodec},
                                      {"share_document", shareDocument}, {"attestation", attestation},
                                      {"push_register", pushRegister},   {"share_link", shareLink},
                                      {"negotiation", negotiation}};

}  // namespace tigress::fuzz
