// Standard output and standard error, written with care.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "reports/sink.h"

namespace oplocksim::tools {

// A buffered file descriptor. A reader that went away (`oplocksim run | head`) is no error: what
// follows is dropped. Any other failure, a full disk say, is remembered.
class Output final : public reports::Sink {
 public:
    explicit Output(int descriptor) : descriptor_(descriptor) {}
    Output(const Output&) = delete;
    Output& operator=(const Output&) = delete;
    ~Output() override { flush(); }

    void write(std::string_view text) override;
    void flush();
    // The first failure that is to be reported, as an errno value; 0 if there was none.
    [[nodiscard]] int error() const { return error_; }

    [[nodiscard]] bool is_terminal() const;
    // Columns of the terminal; 80 if it is none.
    [[nodiscard]] std::size_t width() const;

 private:
    std::string buffer_;
    int descriptor_;
    int error_ = 0;
    bool reader_gone_ = false;
};

}  // namespace oplocksim::tools
