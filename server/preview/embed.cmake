# Writes a C++ source with the bytes of FILES, named by their paths below ROOT: the other half of
# embedded_files.h. Run with cmake -D OUTPUT=… -D ROOT=… -D FILES=a;b;c -P embed.cmake

set(arrays "")
set(rows "")
set(number 0)
foreach(file IN LISTS FILES)
  file(RELATIVE_PATH name "${ROOT}" "${file}")
  file(READ "${file}" bytes HEX)
  if(bytes STREQUAL "")
    message(FATAL_ERROR "${name} is empty")
  endif()
  # Integers, not a string literal: a literal of this size is more than compilers must take.
  string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
  string(APPEND arrays "constexpr unsigned char kFile${number}[] = {${bytes}};\n")
  string(APPEND rows "    {\"${name}\", view(kFile${number})},\n")
  math(EXPR number "${number} + 1")
endforeach()

file(WRITE "${OUTPUT}" "// Generated from www/ by server/preview/embed.cmake.
#include \"server/preview/embedded_files.h\"

namespace tigress::preview {
namespace {

${arrays}
template <std::size_t size>
std::string_view view(const unsigned char (&bytes)[size]) {
  return {reinterpret_cast<const char*>(bytes), size};
}

}  // namespace

const std::vector<EmbeddedFile>& embeddedFiles() {
  static const std::vector<EmbeddedFile> files = {
${rows}  };
  return files;
}

}  // namespace tigress::preview
")
