// Where rendered text goes: the seam between what a report says and how it is stored.
#pragma once

#include <string>
#include <string_view>

namespace oplocksim::reports {

class Sink {
 public:
    virtual ~Sink() = default;
    // Takes the text, all of it. A sink that cannot store it remembers that; it does not throw.
    virtual void write(std::string_view text) = 0;
};

// Keeps everything in memory.
class StringSink final : public Sink {
 public:
    void write(std::string_view text) override { text_ += text; }
    [[nodiscard]] const std::string& text() const { return text_; }

 private:
    std::string text_;
};

}  // namespace oplocksim::reports
