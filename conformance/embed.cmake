# Writes a C++ source that holds the text of files: the function HEADER() of conformance/HEADER.h.
# Usage: cmake -DOUTPUT=file.cpp "-DINPUTS=a.yaml;b.yaml" [-DHEADER=clause_files] -P embed.cmake
if(NOT HEADER)
  set(HEADER clause_files)
endif()
set(rows "")
foreach(input IN LISTS INPUTS)
  get_filename_component(name "${input}" NAME)
  file(READ "${input}" text)
  string(APPEND rows "    {\"${name}\", R\"oplocksim(${text})oplocksim\"},\n")
endforeach()
set(source "// Generated from YAML files of conformance/. Do not edit.
#include <array>

#include \"conformance/${HEADER}.h\"

#pragma GCC diagnostic ignored \"-Woverlength-strings\"

namespace oplocksim::conformance {
namespace {

// One row more than there are files, so that an empty list compiles too.
constexpr EmbeddedFile kFiles[] = {
${rows}    {\"\", \"\"},
};
}  // namespace

std::span<const EmbeddedFile> ${HEADER}() {
    return std::span<const EmbeddedFile>(kFiles).first(std::size(kFiles) - 1);
}

}  // namespace oplocksim::conformance
")
file(WRITE "${OUTPUT}" "${source}")
