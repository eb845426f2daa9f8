# Writes a C++ source that holds the files of reports/html: the function html_files() of
# reports/html_files.h. The hash of a file is what the page's content security policy allows.
#
#   cmake -DOUTPUT=file.cpp "-DINPUTS=report.js;page.css" -P embed.cmake
#
# Compilers must accept literals of 64 KiB; a file that is longer is refused.
set(limit 65000)
set(rows "")
set(count 0)
foreach(input IN LISTS INPUTS)
  get_filename_component(name "${input}" NAME)
  file(READ "${input}" text)
  file(SIZE "${input}" size)
  if(size GREATER limit)
    message(FATAL_ERROR "${name}: a file of the page has at most ${limit} bytes; divide it")
  endif()
  if(text MATCHES "[)]oplocksim\"" OR text MATCHES "</(script|style)")
    message(FATAL_ERROR "${name}: contains the end of its literal or of its element")
  endif()
  file(SHA256 "${input}" hash)
  string(APPEND rows "    HtmlFile{\"${name}\"sv, \"${hash}\"sv, R\"oplocksim(${text})oplocksim\"sv},\n")
  math(EXPR count "${count} + 1")
endforeach()
set(source "// Generated from reports/html. Do not edit.\n")
string(APPEND source "#include \"reports/html_files.h\"\n\n#include <array>\n\n")
string(APPEND source "namespace oplocksim::reports {\nnamespace {\n\n")
string(APPEND source "using namespace std::string_view_literals;\n\n")
string(APPEND source "constexpr std::array<HtmlFile, ${count}> kFiles{\n${rows}};\n\n")
string(APPEND source "}  // namespace\n\n")
string(APPEND source "std::span<const HtmlFile> html_files() { return kFiles; }\n\n")
string(APPEND source "}  // namespace oplocksim::reports\n")
file(WRITE "${OUTPUT}" "${source}")
