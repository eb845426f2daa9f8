#include "reports/atomic_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

namespace oplocksim::reports {
namespace {

constexpr std::size_t kBufferBytes = 64 * 1024;

// A symbolic link is followed, so that the rename does not replace the link itself.
std::string resolved(const std::string& path) {
    std::error_code error;
    if (!std::filesystem::is_symlink(path, error)) return path;
    const auto target = std::filesystem::weakly_canonical(path, error);
    return error ? path : target.string();
}

bool written_directly(const std::string& path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode) &&
           !S_ISDIR(status.st_mode);
}

// A rename is durable once its directory is. Best effort: some file systems cannot sync one.
void sync_directory_of(const std::string& path) {
    const std::string parent = std::filesystem::path(path).parent_path().string();
    const int descriptor =
        ::open(parent.empty() ? "." : parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return;
    static_cast<void>(::fsync(descriptor));
    ::close(descriptor);
}

}  // namespace

int write_all(int descriptor, std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = ::write(descriptor, text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return errno;
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    return 0;
}

AtomicFile::~AtomicFile() {
    static_cast<void>(flush());
    close();
}

std::string AtomicFile::failed(const char* what, int error) {
    if (problem_.empty()) {
        problem_ = "cannot " + std::string(what) + " '" + target_ + "': " + std::strerror(error);
    }
    return problem_;
}

void AtomicFile::close() {
    if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
}

std::string AtomicFile::open(const std::string& path) {
    target_ = resolved(path);
    std::error_code error;
    if (std::filesystem::is_directory(target_, error)) return failed("write", EISDIR);
    const bool direct = written_directly(target_);
    partial_ = direct ? target_ : target_ + ".partial";
    const int flags = O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW;
    descriptor_ = ::open(partial_.c_str(), direct ? O_WRONLY | O_CLOEXEC : flags, 0666);
    if (descriptor_ < 0) return failed("write", errno);
    if (direct) return {};
    if (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
        const int reason = errno;
        close();
        return failed("write", reason == EWOULDBLOCK ? EBUSY : reason);
    }
    if (::ftruncate(descriptor_, 0) != 0) return failed("write", errno);
    return {};
}

void AtomicFile::write(std::string_view text) {
    buffer_ += text;
    if (buffer_.size() >= kBufferBytes) static_cast<void>(flush());
}

std::string AtomicFile::flush() {
    if (descriptor_ < 0) return problem_;
    const std::string text = std::exchange(buffer_, {});
    if (!problem_.empty()) return problem_;
    const int error = write_all(descriptor_, text);
    return error == 0 ? std::string() : failed("write", error);
}

std::string AtomicFile::commit() {
    if (descriptor_ < 0) return problem_;
    std::string problem = flush();
    const bool direct = partial_ == target_;
    if (problem.empty() && !direct && ::fsync(descriptor_) != 0) problem = failed("write", errno);
    if (problem.empty() && !direct && ::rename(partial_.c_str(), target_.c_str()) != 0) {
        problem = failed("replace", errno);
    }
    close();
    if (problem.empty() && !direct) sync_directory_of(target_);
    return problem;
}

}  // namespace oplocksim::reports
