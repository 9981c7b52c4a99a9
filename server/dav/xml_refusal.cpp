#include "server/dav/xml_refusal.h"

namespace tigress::dav {

share::Refusal refuseXml(const XmlError& error) {
  switch (error.kind) {
    case XmlError::Kind::malformed:
      return {share::RefusalCode::malformed, error.detail};
    case XmlError::Kind::externalEntities:
      return {share::RefusalCode::forbidden, error.detail, "no-external-entities"};
    case XmlError::Kind::shape:
      return {share::RefusalCode::unprocessable, error.detail};
  }
  return {share::RefusalCode::malformed, error.detail};
}

}  // namespace tigress::dav
