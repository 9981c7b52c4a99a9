#include "common/dav_xml.h"

#include <algorithm>
#include <iterator>
#include <pugixml.hpp>
#include <set>

#include "common/text.h"

namespace tigress {
namespace {

// Everything the document holds, text outside the root element too, so that nothing wrong goes unseen.
constexpr unsigned int kParseEverything = pugi::parse_pi | pugi::parse_comments | pugi::parse_cdata |
                                          pugi::parse_doctype | pugi::parse_declaration |
                                          pugi::parse_escapes | pugi::parse_eol | pugi::parse_ws_pcdata |
                                          pugi::parse_fragment;

constexpr std::string_view kXmlNamespace = "http://www.w3.org/XML/1998/namespace";
constexpr std::string_view kXmlnsNamespace = "http://www.w3.org/2000/xmlns/";

XmlError malformed(std::string detail) {
  return {XmlError::Kind::malformed, std::move(detail)};
}

XmlError wrongShape(std::string detail) {
  return {XmlError::Kind::shape, std::move(detail)};
}

XmlError tooManyNames() {
  return wrongShape("more than " + std::to_string(kXmlNames) + " properties are named");
}

std::string_view prefixOf(std::string_view qualified) {
  const std::size_t colon = qualified.find(':');
  return colon == std::string_view::npos ? std::string_view() : qualified.substr(0, colon);
}

std::string_view localOf(std::string_view qualified) {
  const std::size_t colon = qualified.find(':');
  return colon == std::string_view::npos ? qualified : qualified.substr(colon + 1);
}

bool declaresNamespace(std::string_view attribute) {
  return attribute == "xmlns" || prefixOf(attribute) == "xmlns";
}

// The namespace a prefix stands for at a node; nothing if no one declared it.
std::optional<std::string_view> namespaceOf(pugi::xml_node node, std::string_view prefix) {
  if (prefix == "xml") return kXmlNamespace;
  const std::string attribute = prefix.empty() ? "xmlns" : "xmlns:" + std::string(prefix);
  for (; node; node = node.parent()) {
    if (const auto declaration = node.attribute(attribute.c_str())) return declaration.value();
  }
  if (prefix.empty()) return std::string_view();
  return std::nullopt;
}

bool isXmlText(std::string_view text) {
  return isUtf8(text) && std::none_of(text.begin(), text.end(), [](char c) {
           const auto byte = static_cast<unsigned char>(c);
           return byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r';
         });
}

// How many characters at the front are ASCII and stand for themselves.
std::size_t plainLength(std::string_view text) {
  const auto end = std::find_if(text.begin(), text.end(), [](char c) {
    return c < 0x20 || c > 0x7E || c == '&' || c == '<' || c == '>' || c == '"' || c == '\'';
  });
  return static_cast<std::size_t>(end - text.begin());
}

// A name of "Namespaces in XML 1.0" section 4: one colon at the most, with something on both sides.
bool isQualifiedName(std::string_view name) {
  const std::size_t colon = name.find(':');
  if (colon == std::string_view::npos) return true;
  return colon > 0 && colon + 1 < name.size() && name.find(':', colon + 1) == std::string_view::npos;
}

std::optional<XmlError> checkDeclaration(std::string_view name, std::string_view value) {
  const std::string_view prefix = name == "xmlns" ? std::string_view() : localOf(name);
  // Section 3 and 5: prefixes cannot be undeclared, xml and xmlns cannot be taken.
  if (!prefix.empty() && value.empty()) return malformed("a namespace prefix is bound to an empty name");
  if (prefix == "xmlns" || value == kXmlnsNamespace) return malformed("the prefix xmlns cannot be declared");
  if ((prefix == "xml") != (value == kXmlNamespace)) return malformed("the prefix xml cannot be rebound");
  if (value.size() > kXmlNamespaceBytes) {
    return wrongShape("a namespace is longer than " + std::to_string(kXmlNamespaceBytes) + " bytes");
  }
  return std::nullopt;
}

// pugixml takes more than XML 1.0 with namespaces allows; this refuses what it let through.
std::optional<XmlError> checkElement(pugi::xml_node element) {
  if (!isXmlText(element.name()) || !isQualifiedName(element.name()))
    return malformed("an element has no valid name");
  std::set<std::pair<std::string_view, std::string_view>> seen;
  for (const pugi::xml_attribute attribute : element.attributes()) {
    const std::string_view name = attribute.name();
    if (!isXmlText(name) || !isXmlText(attribute.value()) || !isQualifiedName(name)) {
      return malformed("an attribute holds characters XML does not allow");
    }
    if (declaresNamespace(name)) {
      if (auto error = checkDeclaration(name, attribute.value())) return error;
    }
  }
  const auto space = namespaceOf(element, prefixOf(element.name()));
  if (!space || prefixOf(element.name()) == "xmlns") return malformed("an element uses an undeclared prefix");
  for (const pugi::xml_attribute attribute : element.attributes()) {
    const std::string_view name = attribute.name();
    std::string_view attributeSpace;
    if (declaresNamespace(name)) {
      attributeSpace = kXmlnsNamespace;
    } else if (!prefixOf(name).empty()) {  // an attribute without a prefix is in no namespace
      const auto found = namespaceOf(element, prefixOf(name));
      if (!found) return malformed("an attribute uses an undeclared prefix");
      attributeSpace = *found;
    }
    if (!seen.emplace(attributeSpace, localOf(name)).second) return malformed("an attribute stands twice");
  }
  return std::nullopt;
}

bool isBlank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

// Walks the document without recursion, as its depth is the sender's choice.
std::optional<XmlError> checkTree(const pugi::xml_document& document) {
  int depth = 0;
  int roots = 0;
  std::ptrdiff_t attributes = 0;
  pugi::xml_node node = document.first_child();
  while (node) {
    const bool top = node.parent() == document;
    switch (node.type()) {
      case pugi::node_doctype:
        return XmlError{XmlError::Kind::externalEntities, "document type declarations are not accepted"};
      case pugi::node_element:
        if (top && ++roots > 1) return malformed("more than one root element");
        if (depth >= kXmlDepth)
          return malformed("nested deeper than " + std::to_string(kXmlDepth) + " levels");
        attributes += std::distance(node.attributes_begin(), node.attributes_end());
        if (attributes > kXmlAttributes)
          return malformed("more than " + std::to_string(kXmlAttributes) + " attributes");
        if (auto error = checkElement(node)) return error;
        break;
      case pugi::node_pcdata:
      case pugi::node_cdata:
        if (top && (node.type() == pugi::node_cdata || !isBlank(node.value()))) {
          return malformed("text outside the root element");
        }
        if (!isXmlText(node.value())) return malformed("characters XML does not allow");
        break;
      case pugi::node_comment:
      case pugi::node_pi:
      case pugi::node_declaration:
        // They come back with the owner they stand in.
        if (!isXmlText(node.name()) || !isXmlText(node.value())) {
          return malformed("characters XML does not allow");
        }
        break;
      case pugi::node_null:
      case pugi::node_document:
        break;
    }
    if (node.type() == pugi::node_element && node.first_child()) {
      node = node.first_child();
      ++depth;
      continue;
    }
    while (node && !node.next_sibling()) {
      node = node.parent();
      if (node == document) return roots == 1 ? std::nullopt : std::optional(malformed("no root element"));
      --depth;
    }
    node = node.next_sibling();
  }
  return malformed("no root element");
}

// The number of a character reference, without `#`; nothing if it is none.
std::optional<std::uint64_t> characterNumber(std::string_view text) {
  if (!startsWith(text, "x")) return parseUnsigned(text);
  text.remove_prefix(1);
  constexpr std::string_view kDigits = "0123456789abcdef";
  if (text.empty() || text.size() > 15) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : asciiLower(text)) {
    const std::size_t digit = kDigits.find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    value = value * 16 + digit;
  }
  return value;
}

// What may stand between `&` and `;` where no document type declares more (XML 1.0 section 4.1).
bool isReference(std::string_view name) {
  if (!startsWith(name, "#")) {
    return name == "amp" || name == "lt" || name == "gt" || name == "quot" || name == "apos";
  }
  const auto number = characterNumber(name.substr(1));
  if (!number) return false;
  return *number == 0x9 || *number == 0xA || *number == 0xD || (*number >= 0x20 && *number <= 0xD7FF) ||
         (*number >= 0xE000 && *number <= 0xFFFD) || (*number >= 0x10000 && *number <= 0x10FFFF);
}

bool hasBrokenReference(std::string_view text) {
  for (std::size_t at = text.find('&'); at != std::string_view::npos; at = text.find('&', at + 1)) {
    const std::size_t end = text.find(';', at);
    if (end == std::string_view::npos || !isReference(text.substr(at + 1, end - at - 1))) return true;
  }
  return false;
}

// Finds in a document whose references were left alone what pugixml takes, but XML 1.0 does not allow.
class SpellingCheck : public pugi::xml_tree_walker {
 public:
  bool for_each(pugi::xml_node& node) override {
    const std::string_view value = node.value();
    switch (node.type()) {
      case pugi::node_pcdata:
        if (hasBrokenReference(value)) return fail("a reference to an entity there is not");
        if (value.find("]]>") != std::string_view::npos) return fail("]]> in text");
        break;
      case pugi::node_element:
        for (const pugi::xml_attribute attribute : node.attributes()) {
          if (hasBrokenReference(attribute.value())) return fail("a reference to an entity there is not");
          if (std::string_view(attribute.value()).find('<') != std::string_view::npos) {
            return fail("an attribute holds <");
          }
        }
        break;
      case pugi::node_comment:
        if (value.find("--") != std::string_view::npos || (!value.empty() && value.back() == '-')) {
          return fail("-- in a comment");
        }
        break;
      case pugi::node_declaration:
        if (node.previous_sibling() || depth() > 0)
          return fail("an XML declaration that is not at the front");
        break;
      case pugi::node_null:
      case pugi::node_document:
      case pugi::node_cdata:
      case pugi::node_pi:
      case pugi::node_doctype:
        break;
    }
    return true;
  }

  const std::optional<XmlError>& error() const { return error_; }

 private:
  bool fail(const char* what) {
    error_ = malformed(std::string("not well-formed XML: ") + what);
    return false;
  }

  std::optional<XmlError> error_;
};

std::optional<XmlError> checkSpelling(pugi::xml_document& document, std::string_view body) {
  SpellingCheck check;
  if (body.find('&') == std::string_view::npos) {  // in any encoding: there is no reference to leave alone
    document.traverse(check);
    return check.error();
  }
  pugi::xml_document spelled;
  spelled.load_buffer(body.data(), body.size(), kParseEverything & ~pugi::parse_escapes);
  spelled.traverse(check);
  return check.error();
}

// pugixml stops at a null character. UTF-16 and -32 have null bytes, but then in their first character, too.
bool isCutOff(std::string_view body) {
  return body.substr(0, 4).find('\0') == std::string_view::npos && body.find('\0') != std::string_view::npos;
}

std::optional<XmlError> load(pugi::xml_document& document, std::string_view body) {
  if (isCutOff(body)) return malformed("characters XML does not allow");
  const auto result = document.load_buffer(body.data(), body.size(), kParseEverything);
  if (!result) return malformed(std::string("not well-formed XML: ") + result.description());
  if (auto error = checkTree(document)) return error;
  return checkSpelling(document, body);
}

PropertyName nameOf(pugi::xml_node element) {
  const auto space = namespaceOf(element, prefixOf(element.name()));
  return {std::string(space.value_or(std::string_view())), std::string(localOf(element.name()))};
}

bool isNamed(pugi::xml_node node, std::string_view space, std::string_view local) {
  return node.type() == pugi::node_element && localOf(node.name()) == local &&
         namespaceOf(node, prefixOf(node.name())) == space;
}

bool isDav(pugi::xml_node node, std::string_view local) {
  return isNamed(node, kDavNamespace, local);
}

// The one child of that name in the namespace of WebDAV-Push; null if there is none, or more than one.
pugi::xml_node pushChild(pugi::xml_node parent, std::string_view local) {
  pugi::xml_node found;
  for (const pugi::xml_node child : parent.children()) {
    if (!isNamed(child, kPushNamespace, local)) continue;
    if (found) return {};
    found = child;
  }
  return found;
}

pugi::xml_node davChild(pugi::xml_node parent, std::string_view local) {
  return parent.find_child([&](pugi::xml_node child) { return isDav(child, local); });
}

void appendNames(pugi::xml_node parent, std::vector<PropertyName>& names) {
  std::set<std::pair<std::string, std::string>> seen;
  for (const PropertyName& name : names) seen.emplace(name.space, name.local);
  for (const pugi::xml_node child : parent.children()) {
    if (child.type() != pugi::node_element) continue;
    PropertyName name = nameOf(child);
    if (seen.emplace(name.space, name.local).second) names.push_back(std::move(name));
  }
}

class StringWriter : public pugi::xml_writer {
 public:
  void write(const void* data, std::size_t size) override {
    text.append(static_cast<const char*>(data), size);
  }
  std::string text;
};

std::string print(pugi::xml_node node) {
  StringWriter writer;
  node.print(writer, "", pugi::format_raw | pugi::format_no_declaration, pugi::encoding_utf8);
  return std::move(writer.text);
}

// The element with the declarations it inherited, so that it means the same wherever it is put.
std::string printSelfContained(pugi::xml_node element) {
  pugi::xml_document copy;
  pugi::xml_node root = copy.append_copy(element);
  for (pugi::xml_node outer = element.parent(); outer; outer = outer.parent()) {
    for (const pugi::xml_attribute attribute : outer.attributes()) {
      if (declaresNamespace(attribute.name()) && !root.attribute(attribute.name()))
        root.append_copy(attribute);
    }
  }
  return print(root);
}

// The root of a document we write: <D:name xmlns:D="DAV:">.
pugi::xml_node writeRoot(pugi::xml_document& document, const char* name) {
  pugi::xml_node declaration = document.append_child(pugi::node_declaration);
  declaration.append_attribute("version") = "1.0";
  declaration.append_attribute("encoding") = "utf-8";
  pugi::xml_node root = document.append_child(name);
  root.append_attribute("xmlns:D") = std::string(kDavNamespace).c_str();
  return root;
}

// pugixml would write a control character as a reference, which XML 1.0 does not allow; escaped text has
// none.
void writeText(pugi::xml_node parent, const char* name, std::string_view text) {
  const std::string escaped = escapeXml(text);
  pugi::xml_node element = parent.append_child(name);
  if (!escaped.empty())
    element.append_buffer(escaped.data(), escaped.size(), kParseEverything, pugi::encoding_utf8);
}

void writeProperty(pugi::xml_node parent, const Property& property) {
  pugi::xml_node element;
  if (property.name.space == kDavNamespace) {
    element = parent.append_child(("D:" + property.name.local).c_str());
  } else if (property.name.space.empty()) {
    element = parent.append_child(property.name.local.c_str());
  } else {
    element = parent.append_child(("x:" + property.name.local).c_str());
    element.append_attribute("xmlns:x") = property.name.space.c_str();
  }
  if (!property.inner.empty()) {
    element.append_buffer(property.inner.data(), property.inner.size(), kParseEverything,
                          pugi::encoding_utf8);
  }
}

std::string finish(const pugi::xml_document& document) {
  StringWriter writer;
  document.save(writer, "", pugi::format_raw, pugi::encoding_utf8);
  return std::move(writer.text);
}

std::string statusLine(int status) {
  struct Row {
    int status;
    const char* phrase;
  };
  // The statuses a propstat may have here (RFC 4918 sections 9.1.2, 9.2.1).
  static constexpr Row kRows[] = {
      {200, "OK"}, {403, "Forbidden"}, {404, "Not Found"}, {424, "Failed Dependency"}};
  for (const Row& row : kRows) {
    if (row.status == status) return "HTTP/1.1 " + std::to_string(status) + " " + row.phrase;
  }
  return "HTTP/1.1 " + std::to_string(status) + " ";
}

template <class Visitor>
void visitElements(pugi::xml_node node, const Visitor& visit) {
  for (const pugi::xml_node child : node.children()) {
    if (child.type() != pugi::node_element) continue;
    visit(child);
    visitElements(child, visit);
  }
}

std::string textOf(pugi::xml_node element) {
  std::string text = element.text().get();
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

}  // namespace

Result<LockInfo, XmlError> parseLockInfo(std::string_view body) {
  pugi::xml_document document;
  if (auto error = load(document, body)) return *error;
  const pugi::xml_node root = document.document_element();
  if (!isDav(root, "lockinfo")) return wrongShape("expected a DAV:lockinfo element");
  const pugi::xml_node scope = davChild(root, "lockscope");
  const bool exclusive = !davChild(scope, "exclusive").empty();
  const bool shared = !davChild(scope, "shared").empty();
  if (exclusive == shared) return wrongShape("expected one of DAV:exclusive and DAV:shared in DAV:lockscope");
  if (davChild(davChild(root, "locktype"), "write").empty()) {
    return wrongShape("expected DAV:write in DAV:locktype, the only type of lock there is");
  }
  LockInfo info;
  info.scope = exclusive ? LockScope::exclusive : LockScope::shared;
  if (const pugi::xml_node owner = davChild(root, "owner")) info.owner = printSelfContained(owner);
  if (info.owner.size() > kXmlOwnerBytes) {
    return wrongShape("DAV:owner is longer than " + std::to_string(kXmlOwnerBytes) + " bytes");
  }
  return info;
}

Result<Propfind, XmlError> parsePropfind(std::string_view body) {
  if (body.empty()) return Propfind{};
  pugi::xml_document document;
  if (auto error = load(document, body)) return *error;
  const pugi::xml_node root = document.document_element();
  if (!isDav(root, "propfind")) return wrongShape("expected a DAV:propfind element");
  Propfind propfind;
  int kinds = 0;
  bool include = false;
  for (const pugi::xml_node child : root.children()) {
    if (isDav(child, "allprop")) {
      ++kinds;
      propfind.kind = Propfind::Kind::allprop;
    } else if (isDav(child, "propname")) {
      ++kinds;
      propfind.kind = Propfind::Kind::propname;
    } else if (isDav(child, "prop")) {
      ++kinds;
      propfind.kind = Propfind::Kind::prop;
      appendNames(child, propfind.names);
    } else if (isDav(child, "include")) {
      include = true;
      appendNames(child, propfind.names);
    }
  }
  // RFC 4918 appendix A.4: what is left after unknown elements are ignored must fit the grammar.
  if (kinds != 1) return malformed("expected exactly one of DAV:allprop, DAV:propname and DAV:prop");
  if (include && propfind.kind != Propfind::Kind::allprop)
    return malformed("DAV:include goes with DAV:allprop only");
  if (propfind.names.size() > kXmlNames) return tooManyNames();
  return propfind;
}

Result<std::vector<PropertyName>, XmlError> parsePropertyUpdate(std::string_view body) {
  pugi::xml_document document;
  if (auto error = load(document, body)) return *error;
  const pugi::xml_node root = document.document_element();
  if (!isDav(root, "propertyupdate")) return wrongShape("expected a DAV:propertyupdate element");
  std::vector<PropertyName> names;
  for (const pugi::xml_node child : root.children()) {
    if (isDav(child, "set") || isDav(child, "remove")) appendNames(davChild(child, "prop"), names);
  }
  if (names.empty()) return malformed("expected properties in DAV:set or DAV:remove");
  if (names.size() > kXmlNames) return tooManyNames();
  return names;
}

Result<PushRegister, XmlError> parsePushRegister(std::string_view body) {
  pugi::xml_document document;
  if (auto error = load(document, body)) return *error;
  const pugi::xml_node root = document.document_element();
  if (!isNamed(root, kPushNamespace, "push-register")) {
    return wrongShape("expected a push-register element of WebDAV-Push");
  }
  PushRegister wanted;
  const pugi::xml_node trigger = pushChild(root, "trigger");
  for (const pugi::xml_node child : trigger.children()) {
    wanted.contentUpdate = wanted.contentUpdate || isNamed(child, kPushNamespace, "content-update");
    wanted.propertyUpdate = wanted.propertyUpdate || isNamed(child, kPushNamespace, "property-update");
  }
  wanted.expires = textOf(pushChild(root, "expires"));
  const pugi::xml_node webPush = pushChild(pushChild(root, "subscription"), "web-push-subscription");
  const pugi::xml_node key = pushChild(webPush, "subscription-public-key");
  const pugi::xml_node encoding = pushChild(webPush, "content-encoding");
  PushRegister::WebPush subscription{textOf(pushChild(webPush, "push-resource")), textOf(key),
                                     textOf(pushChild(webPush, "auth-secret"))};
  // The one encoding there is may go without saying: some clients do not say it.
  const bool readable = std::string_view(key.attribute("type").value()) == "p256dh" &&
                        (!encoding || textOf(encoding) == "aes128gcm");
  if (readable && !subscription.resource.empty() && !subscription.publicKey.empty() &&
      !subscription.authSecret.empty()) {
    wanted.subscription = std::move(subscription);
  }
  return wanted;
}

std::string formatMultistatus(const std::vector<PropertyResponse>& responses) {
  pugi::xml_document document;
  pugi::xml_node root = writeRoot(document, "D:multistatus");
  for (const PropertyResponse& response : responses) {
    pugi::xml_node element = root.append_child("D:response");
    writeText(element, "D:href", response.href);
    bool empty = true;
    for (const auto& group : response.groups) {
      if (group.properties.empty()) continue;
      empty = false;
      pugi::xml_node propstat = element.append_child("D:propstat");
      pugi::xml_node prop = propstat.append_child("D:prop");
      for (const Property& property : group.properties) writeProperty(prop, property);
      writeText(propstat, "D:status", statusLine(group.status));
      if (!group.error.empty()) propstat.append_child("D:error").append_child(("D:" + group.error).c_str());
    }
    if (empty) {  // the grammar wants a propstat even if nothing was asked for (RFC 4918 section 14.24)
      pugi::xml_node propstat = element.append_child("D:propstat");
      propstat.append_child("D:prop");
      writeText(propstat, "D:status", statusLine(200));
    }
  }
  return finish(document);
}

std::string formatProp(const Property& property) {
  // It answers every LOCK: what is XML text already is not parsed to be written again.
  const std::string name = "D:" + property.name.local;
  return "<?xml version=\"1.0\" encoding=\"utf-8\"?><D:prop xmlns:D=\"DAV:\"><" + name + ">" +
         property.inner + "</" + name + "></D:prop>";
}

std::string formatError(std::string_view condition, const std::vector<std::string>& hrefs,
                        std::string_view wrapper) {
  pugi::xml_document document;
  pugi::xml_node element =
      writeRoot(document, "D:error").append_child(("D:" + std::string(condition)).c_str());
  for (const std::string& href : hrefs) {
    pugi::xml_node parent = element;
    if (!wrapper.empty()) parent = element.append_child(("D:" + std::string(wrapper)).c_str());
    writeText(parent, "D:href", href);
  }
  return finish(document);
}

std::string formatLockInfo(LockScope scope, std::string_view owner) {
  pugi::xml_document document;
  pugi::xml_node root = writeRoot(document, "D:lockinfo");
  root.append_child("D:lockscope").append_child(scope == LockScope::exclusive ? "D:exclusive" : "D:shared");
  root.append_child("D:locktype").append_child("D:write");
  if (!owner.empty()) writeText(root, "D:owner", owner);
  return finish(document);
}

std::string formatPropfind(const std::vector<PropertyName>& names) {
  pugi::xml_document document;
  pugi::xml_node prop = writeRoot(document, "D:propfind").append_child("D:prop");
  for (const PropertyName& name : names) writeProperty(prop, {name, {}});
  return finish(document);
}

std::vector<std::string> lockTokensIn(std::string_view xml) {
  std::vector<std::string> tokens;
  pugi::xml_document document;
  if (load(document, xml)) return tokens;
  visitElements(document, [&](pugi::xml_node element) {
    if (!isDav(element, "activelock")) return;
    const std::string token = textOf(davChild(davChild(element, "locktoken"), "href"));
    if (!token.empty()) tokens.push_back(token);
  });
  return tokens;
}

std::optional<std::string> davPropertyText(std::string_view multistatus, std::string_view local) {
  return propertyText(multistatus, {std::string(kDavNamespace), std::string(local)});
}

std::optional<std::string> propertyText(std::string_view multistatus, const PropertyName& name) {
  pugi::xml_document document;
  if (load(document, multistatus)) return std::nullopt;
  std::optional<std::string> found;
  visitElements(document, [&](pugi::xml_node element) {
    if (found || !isDav(element, "propstat")) return;
    if (textOf(davChild(element, "status")).find(" 200") == std::string::npos) return;
    const pugi::xml_node property = davChild(element, "prop").find_child([&](pugi::xml_node child) {
      return child.type() == pugi::node_element && nameOf(child) == name;
    });
    if (property) found = textOf(property);
  });
  return found;
}

std::vector<ListedResource> resourcesIn(std::string_view multistatus) {
  std::vector<ListedResource> resources;
  pugi::xml_document document;
  if (load(document, multistatus)) return resources;
  for (const pugi::xml_node response : document.document_element().children()) {
    if (!isDav(response, "response")) continue;
    ListedResource resource{textOf(davChild(response, "href")), false};
    for (const pugi::xml_node propstat : response.children()) {
      if (!isDav(propstat, "propstat")) continue;
      const pugi::xml_node type = davChild(davChild(propstat, "prop"), "resourcetype");
      if (davChild(type, "collection")) resource.collection = true;
    }
    resources.push_back(std::move(resource));
  }
  return resources;
}

std::string escapeXml(std::string_view text) {
  std::string escaped;
  escaped.reserve(text.size() + text.size() / 8);
  constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t plain = plainLength(text.substr(i));
    escaped += text.substr(i, plain);
    i += plain;
    if (i == text.size()) break;
    // The longest run of one code point; what is no UTF-8 is replaced byte by byte.
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t length = lead < 0x80 ? 1 : lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    const std::string_view point = text.substr(i, length);
    if (!isXmlText(point)) {
      escaped += kReplacement;
      ++i;
      continue;
    }
    i += length;
    if (point == "&") {
      escaped += "&amp;";
    } else if (point == "<") {
      escaped += "&lt;";
    } else if (point == ">") {
      escaped += "&gt;";
    } else if (point == "\"") {
      escaped += "&quot;";
    } else if (point == "'") {
      escaped += "&#39;";
    } else {
      escaped += point;
    }
  }
  return escaped;
}

}  // namespace tigress
