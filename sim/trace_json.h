// The trace as JSON Lines: one object a line, stable byte for byte.
//
// The first line is a header: {"format":"oplocksim-trace","version":1}. Every other line is one
// event, {"time":TICKS,"event":KIND, ...} with the members below, always in this order. Ids and
// masks are numbers; statuses, rules, kinds, dispositions and oplock types are strings. Nothing
// depends on locale, time zone or address.
//
//   issue     process thread irp request, then what that request names: [handle] and
//             create: path access share disposition options attributes target_key parent_key
//                     transacted
//             duplicate_handle: target_process          close_section: section
//             read: offset length paging                lock, unlock: offset length lock_key
//             write: offset length paging [write_back] data
//             lock also: exclusive fail_immediately
//             set_end_of_file, set_allocation, set_valid_data_length: size
//             set_end_of_file also: lazy_writer
//             rename, link: path replace                set_short_name: name
//             set_disposition: delete                   set_basic_information: attributes
//             set_zero_data: offset length              create_section: protection
//             oplock_fsctl: code level flags
//   pend      process thread irp request blocked
//   complete  process thread irp request status information [output] [handle] [section] [data] [why]
//             handle: that a create or duplication made, or that the request was for
//             data: a read that succeeded and returned something
//   cancel    process thread irp request
//   advance   (only the time)
//   pause, resume, thread_exit   process thread       process_exit   process
//   volume    path, then link_to (the path of the file that this is a hard link of), or: directory
//             attributes [short_name], and for a file or stream: size allocation_size
//   caching   process thread: the process is a caching client, and this thread works for its caches
//   cached    as issue, then status information [handle] [data]: a caching client has answered the
//             request of its application itself, and nothing was issued
//             data: what was written, or read
//   wait, release  process thread irp request stream [why]
//   oplock    stream holders: [{file_object type breaking close_pending}, ...]
//
// Members in brackets are left out when they have nothing to say. `wait`, `release` and `oplock`
// are not observable by a caller.
//
// `data` is the bytes written or read, as many as `length` or `information` says. Its string has one
// character for each byte, U+0000 to U+00FF, and those that are not printable ASCII are escaped; the
// zeros at the end of the bytes are left out. More than kMaxTraceDataBytes are left out altogether:
// `"data_omitted":true` stands in their place. `volume` events say what is on the volume before the
// first request; in their `size` are only zeros. allocation_size 0 is the size, rounded up.
//
// In older traces there are no `volume` events and no `data` of reads, and `data` of a write is a
// number that says nothing. They are version 1 as well: what is missing is not known.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "sim/names.h"
#include "sim/trace.h"

namespace oplocksim::sim {

class TraceJsonWriter final : public TraceSink {
 public:
    // Receives complete lines, in pieces of about kFlushBytes.
    using Output = std::function<void(std::string_view)>;
    static constexpr std::size_t kFlushBytes = 1u << 16;

    // `names` must outlive the writer. The header is written at once.
    TraceJsonWriter(const Names& names, Output output);
    ~TraceJsonWriter() override;   // flushes
    TraceJsonWriter(const TraceJsonWriter&) = delete;
    TraceJsonWriter& operator=(const TraceJsonWriter&) = delete;

    void on_event(const TraceEvent& event) override;
    // Hands over what is buffered.
    void flush();

 private:
    void begin(const TraceEvent& event);
    void request(const TraceEvent& event);
    void range(const Request& request);
    void data(const TraceEvent& event);
    void volume(const VolumeEntry& entry);
    void reserve(std::size_t bytes);
    void literal(std::string_view text);
    void number(std::string_view key, std::uint64_t value);
    void boolean(std::string_view key, bool value);
    void text(std::string_view key, std::string_view value);         // nothing to escape in it
    void escaped(std::string_view key, std::string_view value);
    void irp(const TraceEvent& event);
    void create(const Request& request);
    void completion(const TraceEvent& event);
    void answer(const TraceEvent& event);
    void output_buffer(const RequestOplockOutputBuffer& output);
    void why(const engine::Why& why);
    void holders(std::span<const TraceHolder> holders);

    const Names& names_;
    Output output_;
    std::unique_ptr<char[]> buffer_;
    std::size_t capacity_ = 0;
    std::size_t used_ = 0;
};

// The whole trace as one text, header included.
[[nodiscard]] std::string to_json_lines(const Names& names, std::span<const TraceEvent> events);

}  // namespace oplocksim::sim
