#include "tools/trace_files.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>

namespace oplocksim::tools {

std::string read_trace_file(const std::string& path,
                            const std::function<bool(const conformance::TraceRun&)>& take) {
    if (path == "-") return conformance::read_trace(std::cin, take);
    std::error_code error;
    if (std::filesystem::is_directory(path, error)) return "is a folder";
    std::ifstream file(path, std::ios::binary);
    if (!file) return std::strerror(errno);
    return conformance::read_trace(file, take);
}

}  // namespace oplocksim::tools
