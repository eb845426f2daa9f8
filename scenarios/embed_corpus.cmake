# Writes a C++ source with every file of the corpus as a raw string literal.
#
#   cmake -DCORPUS=<folder> -DOUTPUT=<file.cpp> -P embed_corpus.cmake
#
# Compilers must accept literals of 64 KiB; a file that is longer is refused.
set(limit 65000)
file(GLOB_RECURSE paths RELATIVE "${CORPUS}" "${CORPUS}/*.yaml")
list(SORT paths COMPARE STRING)
set(rows "")
set(count 0)
foreach(path IN LISTS paths)
  file(READ "${CORPUS}/${path}" text)
  file(SIZE "${CORPUS}/${path}" size)
  if(size GREATER limit)
    message(FATAL_ERROR "${path}: a corpus file has at most ${limit} bytes; divide it")
  endif()
  if(text MATCHES "[)]oplocksim\"")
    message(FATAL_ERROR "${path}: contains the delimiter of its literal")
  endif()
  string(APPEND rows "    CorpusFile{\"${path}\", R\"oplocksim(${text})oplocksim\"},\n")
  math(EXPR count "${count} + 1")
endforeach()
set(source "#include \"scenarios/corpus.h\"\n\n#include <array>\n\n")
string(APPEND source "namespace oplocksim::scenarios {\nnamespace {\n\n")
string(APPEND source "constexpr std::array<CorpusFile, ${count}> kFiles{\n${rows}};\n\n")
string(APPEND source "}  // namespace\n\n")
string(APPEND source "std::span<const CorpusFile> corpus_files() { return kFiles; }\n\n")
string(APPEND source "}  // namespace oplocksim::scenarios\n")
file(WRITE "${OUTPUT}" "${source}")
