#include "tools/output.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "reports/atomic_file.h"

namespace oplocksim::tools {
namespace {

constexpr std::size_t kBufferBytes = 16 * 1024;
constexpr std::size_t kDefaultWidth = 80;

}  // namespace

void Output::write(std::string_view text) {
    buffer_ += text;
    if (buffer_.size() >= kBufferBytes) flush();
}

void Output::flush() {
    const std::string text = std::exchange(buffer_, {});
    if (text.empty() || reader_gone_ || error_ != 0) return;
    const int error = reports::write_all(descriptor_, text);
    if (error == EPIPE) {
        reader_gone_ = true;
    } else {
        error_ = error;
    }
}

bool Output::is_terminal() const { return ::isatty(descriptor_) == 1; }

std::size_t Output::width() const {
    winsize size{};
    const bool known = is_terminal() && ::ioctl(descriptor_, TIOCGWINSZ, &size) == 0;
    return known && size.ws_col > 0 ? size.ws_col : kDefaultWidth;
}

}  // namespace oplocksim::tools
