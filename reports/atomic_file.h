// A file that appears whole or not at all.
//
// Text goes to "<path>.partial" beside the target, as it is produced; commit() makes it durable
// and renames it over the target. So the target is never half written, and what was produced
// before a kill or a full disk is still there, in the partial file.
//
// A target that exists and is no regular file (a pipe, a terminal, /dev/null) cannot be replaced:
// it is written directly. A target that is a symbolic link is replaced where it points to.
#pragma once

#include <string>
#include <string_view>

#include "reports/sink.h"

namespace oplocksim::reports {

class AtomicFile final : public Sink {
 public:
    AtomicFile() = default;
    AtomicFile(const AtomicFile&) = delete;
    AtomicFile& operator=(const AtomicFile&) = delete;
    // Closes; a partial file that was not committed stays.
    ~AtomicFile() override;

    // Opens the partial file. Fails if it cannot be created, or another process is writing it.
    // Returns an empty string, or one sentence that names the file and the reason; so do flush()
    // and commit(). Requires: nothing is open.
    [[nodiscard]] std::string open(const std::string& path);

    void write(std::string_view text) override;

    // Hands what was written to the operating system: it survives the end of this process.
    [[nodiscard]] std::string flush();

    // Writes, syncs, renames and closes.
    [[nodiscard]] std::string commit();

    [[nodiscard]] bool is_open() const { return descriptor_ >= 0; }
    // Where the text is until commit().
    [[nodiscard]] const std::string& partial_path() const { return partial_; }

 private:
    [[nodiscard]] std::string failed(const char* what, int error);
    void close();

    std::string target_;
    std::string partial_;     // equals target_ when written directly
    std::string buffer_;
    std::string problem_;     // the first failure; later calls return it
    int descriptor_ = -1;
};

// Writes all of `text` to a file descriptor, whatever the number of calls it takes. Returns 0 or
// an errno value.
[[nodiscard]] int write_all(int descriptor, std::string_view text);

}  // namespace oplocksim::reports
