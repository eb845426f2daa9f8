#include "reports/perfetto.h"

#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "reports/row_text.h"
#include "reports/text.h"

namespace oplocksim::reports {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kRowMicroseconds = 10;
constexpr std::size_t kMarkMicroseconds = 2;      // a notice, and what else takes no time
constexpr std::size_t kCallMicroseconds = 5;      // a call that is answered at once
constexpr std::size_t kFileSystemProcess = 1;
constexpr std::string_view kArrow = "→";

class Writer {
 public:
    explicit Writer(const Picture& picture) : picture_(picture) {
        for (std::size_t lane = 0; lane < picture.file_system(); ++lane) {
            const auto next = processes_.size() + kFileSystemProcess + 1;
            processes_.emplace(picture.lanes[lane].process, next);
        }
    }

    std::string write(const std::string& title);

 private:
    void add(const Json& event) {
        out_ += (first_ ? "\n" : ",\n") +
                undeceptive_json(event.dump(-1, ' ', false, Json::error_handler_t::replace));
        first_ = false;
    }
    // {"ph", "ts", "pid", "tid", "cat", "name"}
    [[nodiscard]] Json event(std::string_view phase, std::size_t microseconds, std::size_t lane,
                             std::string_view category, const std::string& name) const;
    [[nodiscard]] std::size_t process(std::size_t lane) const {
        return lane == picture_.file_system() ? kFileSystemProcess
                                              : processes_.at(picture_.lanes[lane].process);
    }
    [[nodiscard]] static std::size_t at(std::size_t row) { return row * kRowMicroseconds; }
    [[nodiscard]] std::size_t end_row(const LaneSpan& span) const {
        return span.last_row.value_or(picture_.rows.size());
    }

    void metadata();
    void span(std::size_t number);
    void row(std::size_t number);
    void mark(std::size_t number, const LaneRow& row, std::string_view category);
    void instant(std::size_t number, const LaneRow& row, std::string_view category);
    void flow(std::size_t number, const LaneRow& row, std::string_view category);
    void counters(std::size_t number, const LaneRow& row);

    const Picture& picture_;
    std::map<sim::ProcessId, std::size_t> processes_;
    std::size_t flows_ = 0;
    std::string out_;
    bool first_ = true;
};

Json Writer::event(std::string_view phase, std::size_t microseconds, std::size_t lane,
                   std::string_view category, const std::string& name) const {
    return {{"ph", phase},   {"ts", microseconds}, {"pid", process(lane)},
            {"tid", lane + 1}, {"cat", category},    {"name", name}};
}

void Writer::metadata() {
    std::set<std::size_t> named;
    for (std::size_t lane = 0; lane < picture_.lanes.size(); ++lane) {
        const std::string& name = picture_.lanes[lane].name;
        const std::size_t pid = process(lane);
        const std::string client = name.substr(0, name.find('/'));
        if (named.insert(pid).second) {
            add({{"ph", "M"}, {"pid", pid}, {"tid", lane + 1}, {"name", "process_name"},
                 {"args", {{"name", client}}}});
        }
        add({{"ph", "M"}, {"pid", pid}, {"tid", lane + 1}, {"name", "thread_name"},
             {"args", {{"name", name}}}});
    }
}

void Writer::span(std::size_t number) {
    const LaneSpan& one = picture_.spans[number];
    const LaneRow& first = picture_.rows[one.first_row];
    const std::string name = label(picture_, number, first);
    const bool pends = one.waiting == Waiting::pends;
    Json call = event("X", at(one.first_row), one.lane, "irp", name);
    const std::size_t rows = pends ? 0 : end_row(one) - one.first_row;
    call["dur"] = at(rows) + kCallMicroseconds;
    call["args"] = {{"request", one.what},
                    {"result", one.last_row ? one.result : "outstanding"},
                    {"time_100ns", one.issued}};
    if (first.step != 0) call["args"]["step"] = first.step;
    add(call);
    if (!pends) return;
    Json begin = event("b", at(one.first_row), one.lane, "irp", name);
    begin["id"] = number + 1;
    begin["args"] = {{"request", one.what}};
    add(begin);
    Json end = event("e", at(end_row(one)) + 1, one.lane, "irp", name);
    end["id"] = number + 1;
    end["args"] = {{"result", one.last_row ? one.result : "outstanding"}};
    add(end);
}

// A short slice, for an arrow to end at.
void Writer::mark(std::size_t number, const LaneRow& row, std::string_view category) {
    Json slice = event("X", at(number), *row.lane, category, row_text(picture_, row, kArrow));
    slice["dur"] = kMarkMicroseconds;
    Json clauses = Json::array();
    for (const std::string_view clause : row.clauses) clauses.push_back(clause);
    slice["args"] = {{"clauses", clauses}, {"time_100ns", row.time}};
    if (row.step != 0) slice["args"]["step"] = row.step;
    add(slice);
}

void Writer::instant(std::size_t number, const LaneRow& row, std::string_view category) {
    Json one = event("i", at(number), row.lane.value_or(picture_.file_system()), category,
                     row_text(picture_, row, kArrow));
    one["s"] = "t";
    one["args"] = {{"time_100ns", row.time}};
    add(one);
}

void Writer::flow(std::size_t number, const LaneRow& row, std::string_view category) {
    if (!row.cause) return;
    const LaneSpan& cause = picture_.spans[*row.cause];
    const std::string name(category);
    ++flows_;
    Json start = event("s", at(cause.first_row) + 1, cause.lane, category, name);
    start["id"] = flows_;
    add(start);
    Json finish = event("f", at(number) + 1, *row.lane, category, name);
    finish["id"] = flows_;
    finish["bp"] = "e";
    add(finish);
}

void Writer::counters(std::size_t number, const LaneRow& row) {
    for (const LaneStream& stream : changed_streams(picture_, row)) {
        Json counts = Json::object();
        constexpr int kLast = static_cast<int>(engine::OplockType::read_write_handle);
        for (int type = 1; type <= kLast; ++type) {
            counts[std::string(short_name(static_cast<engine::OplockType>(type)))] = 0;
        }
        counts["breaking"] = 0;
        for (const LaneHolder& holder : stream.holders) {
            Json& count = counts[std::string(short_name(holder.type))];
            count = count.get<int>() + 1;
            if (holder.breaking) counts["breaking"] = counts["breaking"].get<int>() + 1;
        }
        Json counter = event("C", at(number), picture_.file_system(), "oplocks",
                             "oplocks of " + stream.name);
        counter["args"] = counts;
        add(counter);
    }
}

void Writer::row(std::size_t number) {
    const LaneRow& row = picture_.rows[number];
    switch (row.kind) {
        case RowKind::notice:
            mark(number, row, "break");
            instant(number, row, "break");
            flow(number, row, "break");
            break;
        case RowKind::release:
            mark(number, row, "release");
            flow(number, row, "release");
            break;
        case RowKind::cancel:
        case RowKind::clock:
        case RowKind::pause:
        case RowKind::resume:
        case RowKind::thread_exit:
        case RowKind::process_exit: instant(number, row, "event"); break;
        case RowKind::step:
        case RowKind::request:
        case RowKind::pend:
        case RowKind::wait:
        case RowKind::completion: break;
    }
    counters(number, row);
    for (const LaneRemark& remark : row.remarks) {
        Json one = event("i", at(number), picture_.file_system(),
                         remark.advice ? "advice" : "failure", remark.subject);
        one["s"] = "g";
        one["args"] = {{"expected", remark.expected}, {"observed", remark.observed},
                       {"clauses", remark.clauses}};
        add(one);
    }
}

std::string Writer::write(const std::string& title) {
    out_ = "{\"displayTimeUnit\":\"ns\",\"otherData\":";
    const Json about{{"run", title},
                     {"events_left_out", picture_.events_before + picture_.events_after}};
    out_ += undeceptive_json(about.dump(-1, ' ', false, Json::error_handler_t::replace));
    out_ += ",\"traceEvents\":[";
    metadata();
    for (std::size_t i = 0; i < picture_.spans.size(); ++i) span(i);
    for (std::size_t i = 0; i < picture_.rows.size(); ++i) row(i);
    return std::move(out_) + "\n]}\n";
}

}  // namespace

std::string perfetto_json(const Picture& picture, const std::string& title) {
    return Writer(picture).write(title);
}

}  // namespace oplocksim::reports
