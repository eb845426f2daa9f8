#include "scenarios/yaml_document.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <map>
#include <optional>
#include <sstream>
#include <unordered_map>
#include <utility>

#include "scenarios/text.h"

namespace oplocksim::scenarios {
namespace {

// Ends the parse at once; never leaves this file.
struct Refused {
    std::vector<Diagnostic> diagnostics;
};

// What yaml-cpp must not be given more of than this in one file: it holds each in memory, and
// some of its loops are quadratic in them.
constexpr std::size_t kMaxIndicatorRun = 256;

// Tokens are measured no further than this; a file may be one long line.
constexpr std::size_t kLongestUnderline = 512;

std::uint32_t add_saturated(std::uint32_t a, std::uint32_t b) {
    return a > kMaxNodes || b > kMaxNodes || a + b > kMaxNodes ? kMaxNodes + 1 : a + b;
}

bool has_placeholder(std::string_view text) { return text.find("${") != std::string_view::npos; }

// Finds where scalars of yaml-cpp's events stand in the text and how long they are.
class Locator {
 public:
    explicit Locator(const SourceText& source) : source_(source) {}

    // The byte where the value begins that yaml-cpp marks at `offset`: behind its anchor.
    [[nodiscard]] std::size_t skip_properties(std::size_t offset) const {
        const std::string& text = source_.text();
        while (offset < text.size() && text[offset] == '&') {
            offset = std::min(text.find_first_of(" \t\n,]}", offset), text.size());
            offset = std::min(text.find_first_not_of(" \t\n", offset), text.size());
        }
        return offset;
    }

    // Bytes of the token at `offset`, at least 1; `value` is what yaml-cpp read there.
    [[nodiscard]] std::size_t token_length(std::size_t offset, std::string_view value) const {
        const std::string& text = source_.text();
        if (offset >= text.size()) return 1;
        std::string_view rest = std::string_view(text).substr(offset, kLongestUnderline);
        rest = rest.substr(0, rest.find('\n'));
        if (rest.starts_with('"') || rest.starts_with('\'')) return quoted_length(rest);
        if (!value.empty() && rest.starts_with(value)) return value.size();
        if (rest.starts_with('*')) return std::min(rest.find_first_of(" \t,]}"), rest.size());
        if (rest.starts_with('|') || rest.starts_with('>')) return 1;
        return std::max<std::size_t>(1, rest.size());
    }

    // Marks come in nearly rising order, so columns are counted from the last one.
    [[nodiscard]] Place place(std::uint32_t file, std::size_t offset, std::size_t length) {
        const std::string& text = source_.text();
        offset = std::min(offset, text.size());
        if (offset < last_offset_) {
            const Position position = source_.position_of(offset);
            line_ = position.line;
            column_ = position.column;
        } else {
            for (std::size_t i = last_offset_; i < offset; ++i) step(text[i]);
        }
        last_offset_ = offset;
        const auto shown =
            static_cast<std::uint32_t>(code_points(std::string_view(text).substr(offset, length)));
        return Place{file, Position{line_, column_, std::max(shown, 1u)}};
    }

    // Whether the quote that opens at `offset` is never closed. yaml-cpp takes that.
    [[nodiscard]] bool is_unclosed_quote(std::size_t offset) const {
        const std::string_view text = source_.text();
        if (!is_at(offset, '"') && !is_at(offset, '\'')) return false;
        const char quote = text[offset];
        for (std::size_t i = offset + 1; i < text.size(); ++i) {
            if (quote == '"' && text[i] == '\\')
                ++i;
            else if (text[i] == quote && !(quote == '\'' && text.substr(i + 1, 1) == "'"))
                return false;
            else if (text[i] == quote)
                ++i;
        }
        return true;
    }

    [[nodiscard]] bool is_at(std::size_t offset, char c) const {
        return offset < source_.text().size() && source_.text()[offset] == c;
    }

 private:
    static std::size_t quoted_length(std::string_view rest) {
        const char quote = rest.front();
        for (std::size_t i = 1; i < rest.size(); ++i) {
            if (quote == '"' && rest[i] == '\\') {
                ++i;
            } else if (rest[i] == quote) {
                if (quote == '\'' && rest.substr(i + 1, 1) == "'") {
                    ++i;
                    continue;
                }
                return i + 1;
            }
        }
        return rest.size();
    }

    void step(char c) {
        if (c == '\n') {
            ++line_;
            column_ = 1;
        } else if ((static_cast<unsigned char>(c) & 0xC0u) != 0x80u) {
            ++column_;
        }
    }

    const SourceText& source_;
    std::size_t last_offset_ = 0;
    std::uint32_t line_ = 1;
    std::uint32_t column_ = 1;
};

// Builds the tree from yaml-cpp's events.
class TreeBuilder final : public YAML::EventHandler {
 public:
    TreeBuilder(const SourceText& source, std::uint32_t file)
        : source_(source), locator_(source), file_(file) {}

    [[nodiscard]] NodePtr take_root() { return std::move(root_); }

    void OnDocumentStart(const YAML::Mark& mark) override {
        if (root_ == nullptr && !started_) {
            started_ = true;
            return;
        }
        refuse(at(mark), "a second document in one file", "write one scenario a file");
    }
    void OnDocumentEnd() override {}

    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        const std::size_t offset = locator_.skip_properties(offset_of(mark));
        YamlNode node;
        const bool written = locator_.is_at(offset, '~') || locator_.is_at(offset, 'n') ||
                             locator_.is_at(offset, 'N');
        node.place = written ? locator_.place(file_, offset, locator_.is_at(offset, '~') ? 1 : 4)
                             : here_without_value(mark);
        add(std::make_shared<YamlNode>(std::move(node)), anchor);
    }

    void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        const auto found = anchors_.find(anchor);
        if (found == anchors_.end()) {
            refuse(at(mark), "this alias is inside the value that it stands for");
        }
        add(found->second, 0);
    }

    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& value) override {
        refuse_tag(mark, tag, true);
        const std::size_t offset = locator_.skip_properties(offset_of(mark));
        if (tag == "!" && locator_.is_unclosed_quote(offset)) {
            refuse(locator_.place(file_, offset, 1), "the quote is never closed");
        }
        YamlNode node;
        node.kind = YamlKind::scalar;
        node.quoted = tag == "!";
        node.place = locator_.place(file_, offset, locator_.token_length(offset, value));
        node.placeholders = has_placeholder(value);
        node.text = value;
        add(std::make_shared<YamlNode>(std::move(node)), anchor);
    }

    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value) override {
        open(mark, tag, anchor, YamlKind::sequence);
    }
    void OnSequenceEnd() override { close(); }
    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value) override {
        open(mark, tag, anchor, YamlKind::mapping);
    }
    void OnMapEnd() override { close(); }

 private:
    struct Open {
        std::shared_ptr<YamlNode> node;
        YAML::anchor_t anchor = 0;
        bool expects_value = false;
        YamlMember member;                            // whose value is expected
        std::unordered_map<std::string, Place> keys;  // looked up, never iterated
        std::vector<std::pair<Place, NodePtr>> merges;
    };

    [[nodiscard]] static std::size_t offset_of(const YAML::Mark& mark) {
        return mark.pos < 0 ? 0 : static_cast<std::size_t>(mark.pos);
    }
    [[nodiscard]] Place at(const YAML::Mark& mark) {
        const std::size_t offset = offset_of(mark);
        return locator_.place(file_, offset, locator_.token_length(offset, ""));
    }
    // The place for a value that is not there: that of its key, if it has one.
    [[nodiscard]] Place here_without_value(const YAML::Mark& mark) {
        if (!stack_.empty() && stack_.back().expects_value) return stack_.back().member.key_place;
        return locator_.place(file_, offset_of(mark), 1);
    }

    [[nodiscard]] Diagnostic diagnostic(const Place& place, std::string message,
                                        std::string hint) const {
        return Diagnostic{source_.path(), place.position, std::move(message), std::move(hint),
                          std::string(source_.line(place.position.line))};
    }
    [[noreturn]] void refuse(const Place& place, std::string message, std::string hint = "") const {
        throw Refused{{diagnostic(place, std::move(message), std::move(hint))}};
    }
    void refuse_tag(const YAML::Mark& mark, const std::string& tag, bool scalar) {
        const bool implicit = tag.empty() || tag == "?" || (tag == "!" && scalar);
        if (implicit && !locator_.is_at(offset_of(mark), '!')) return;
        refuse(at(mark), "tags are not accepted", "leave out the '!'; the key decides the type");
    }

    void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
              YamlKind kind) {
        refuse_tag(mark, tag, false);
        const std::size_t offset = locator_.skip_properties(offset_of(mark));
        if (stack_.size() >= kMaxNesting) {
            refuse(at(mark), "nested deeper than " + std::to_string(kMaxNesting) + " levels");
        }
        auto node = std::make_shared<YamlNode>();
        node->kind = kind;
        const bool flow = locator_.is_at(offset, '{') || locator_.is_at(offset, '[') ||
                          locator_.is_at(offset, '-');
        node->place = locator_.place(file_, offset, flow ? 1 : key_length(offset));
        count_node(node->place);
        stack_.push_back(Open{std::move(node), anchor, false, {}, {}, {}});
    }

    // A block mapping is marked at its first key.
    [[nodiscard]] std::size_t key_length(std::size_t offset) const {
        const std::string_view rest =
            std::string_view(source_.text()).substr(offset, kLongestUnderline);
        return std::max<std::size_t>(1, std::min(rest.find_first_of(":\n"), rest.size()));
    }

    void close() {
        Open done = std::move(stack_.back());
        stack_.pop_back();
        for (const auto& [place, merged] : done.merges) merge(done, place, merged);
        --nodes_seen_;  // it is counted again by add()
        add(std::move(done.node), done.anchor);
    }

    void count_node(const Place& place) {
        if (++nodes_seen_ > kMaxNodes) refuse_size(place);
    }
    [[noreturn]] void refuse_size(const Place& place) const {
        refuse(place, "more than " + std::to_string(kMaxNodes) +
                          " values in one file, counting what aliases repeat");
    }

    void add(NodePtr node, YAML::anchor_t anchor) {
        const Place place = node->place;
        count_node(place);
        if (anchor != 0) anchors_[anchor] = node;
        if (stack_.empty()) {
            root_ = std::move(node);
            return;
        }
        Open& parent = stack_.back();
        if (parent.node->kind == YamlKind::sequence) {
            include(parent, *node, place);
            parent.node->items.push_back(std::move(node));
        } else if (!parent.expects_value) {
            begin_member(parent, *node);
        } else {
            end_member(parent, std::move(node));
        }
    }

    // Takes a child's size and placeholders into its parent.
    void include(Open& parent, const YamlNode& child, const Place& place) {
        parent.node->nodes = add_saturated(parent.node->nodes, child.nodes);
        if (parent.node->nodes > kMaxNodes) refuse_size(place);
        parent.node->placeholders = parent.node->placeholders || child.placeholders;
    }

    void begin_member(Open& parent, const YamlNode& key) {
        if (key.kind != YamlKind::scalar || key.text.empty()) {
            refuse(key.place, "a key must be a plain word, not " + std::string(describe(key.kind)));
        }
        parent.member = YamlMember{key.text, key.quoted, key.place, nullptr};
        parent.expects_value = true;
        const auto [first, added] = parent.keys.emplace(key.text, key.place);
        if (added) return;
        const Position& before = first->second.position;
        refuse(key.place, "duplicate key " + in_quotes(key.text),
               "first given at line " + std::to_string(before.line) + ", column " +
                   std::to_string(before.column));
    }

    void end_member(Open& parent, NodePtr value) {
        parent.expects_value = false;
        if (parent.member.key == "<<" && !parent.member.key_quoted) {
            parent.merges.emplace_back(parent.member.key_place, std::move(value));
            return;
        }
        include(parent, *value, parent.member.key_place);
        parent.node->placeholders = parent.node->placeholders || has_placeholder(parent.member.key);
        parent.member.value = std::move(value);
        parent.node->members.push_back(std::move(parent.member));
    }

    void merge(Open& into, const Place& place, const NodePtr& from) {
        if (from->kind == YamlKind::sequence) {
            for (const NodePtr& item : from->items) merge_one(into, place, item);
        } else {
            merge_one(into, place, from);
        }
    }

    void merge_one(Open& into, const Place& place, const NodePtr& from) {
        if (from->kind != YamlKind::mapping) {
            refuse(place, "a merge key needs a mapping, or a list of mappings",
                   "write '<<: *name' for a mapping with the anchor '&name'");
        }
        for (const YamlMember& member : from->members) {
            if (!into.keys.emplace(member.key, member.key_place).second) continue;
            count_node(place);
            include(into, *member.value, place);
            into.node->placeholders = into.node->placeholders || has_placeholder(member.key);
            into.node->members.push_back(member);
        }
    }

    const SourceText& source_;
    Locator locator_;
    std::uint32_t file_;
    std::uint32_t nodes_seen_ = 0;
    bool started_ = false;
    std::vector<Open> stack_;
    std::map<YAML::anchor_t, NodePtr> anchors_;
    NodePtr root_;
};

// Runs of indicators that open a level each are refused before yaml-cpp sees them: it would
// build every level before the first event says how deep they are.
std::optional<std::size_t> indicator_run(const std::string& text) {
    std::size_t run = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        const bool opens = c == '[' || c == '{' || c == '-' || c == '?' || c == '&' || c == '!';
        if (opens) {
            if (++run > kMaxIndicatorRun) return i;
        } else if (c != ' ' && c != '\t' && c != ',' && c != ':' && c != '\n') {
            run = 0;
        }
    }
    return std::nullopt;
}

// The characters where something was found that cannot be there.
std::string_view characters_at(std::string_view text, std::size_t offset) {
    const std::size_t begin = std::min(offset, text.size());
    return text.substr(begin - std::min<std::size_t>(begin, 1), 3);
}

// Where the line of `offset` begins.
std::size_t line_start(std::string_view text, std::size_t offset) {
    if (offset == 0) return 0;
    const std::size_t end = text.rfind('\n', std::min(offset, text.size()) - 1);
    return end == std::string_view::npos ? 0 : end + 1;
}

// The tab that indents the line of `offset`, if one does.
std::optional<std::size_t> indenting_tab(std::string_view text, std::size_t offset) {
    const std::size_t start = line_start(text, offset);
    const std::size_t first = std::min(text.find_first_not_of(" \t", start), text.size());
    const std::size_t tab = text.find('\t', start);
    return tab < first ? std::optional(tab) : std::nullopt;
}

// Whether the colon at `offset` is the first of its line that could end a key.
bool ends_the_first_key(std::string_view text, std::size_t offset) {
    const std::size_t start = line_start(text, offset);
    return text.substr(start, offset - start).find(": ") == std::string_view::npos;
}

// What people usually did when yaml-cpp says this.
std::string hint_for(const std::string& message, std::string_view text, std::size_t offset) {
    const std::string_view around = characters_at(text, offset);
    if (around.find("${") != std::string_view::npos) {
        return "inside { } and [ ] a placeholder needs quotes: \"${name}\"";
    }
    if (message.find("unknown escape") != std::string::npos) {
        return "in double quotes a backslash begins an escape; leave out the quotes of a path";
    }
    if (message.find("illegal map value") != std::string::npos) {
        return ends_the_first_key(text, offset)
                   ? "is this line indented as those that it belongs with?"
                   : "a text with ': ' in it needs quotes";
    }
    if (message.find("end of map") != std::string::npos ||
        message.find("end of sequence") != std::string::npos) {
        return "is a bracket, comma or indentation missing?";
    }
    return "";
}

Diagnostic at_offset(const SourceText& source, std::size_t offset, std::string message,
                     std::string hint = "") {
    const Position position = source.position_of(offset);
    return Diagnostic{source.path(), position, std::move(message), std::move(hint),
                      std::string(source.line(position.line))};
}

Diagnostic whole_file(const SourceText& source, std::string message) {
    return Diagnostic{source.path(), {}, std::move(message), "", ""};
}

YamlResult parse_checked(const SourceText& source, std::uint32_t file) {
    std::istringstream stream(source.text());
    TreeBuilder builder(source, file);
    try {
        YAML::Parser parser(stream);
        if (!parser.HandleNextDocument(builder)) {
            return {nullptr, {whole_file(source, "the file has no content")}};
        }
        while (parser.HandleNextDocument(builder)) {
        }
    } catch (Refused& refused) {
        return {nullptr, std::move(refused.diagnostics)};
    } catch (const YAML::Exception& exception) {
        const std::size_t offset =
            exception.mark.is_null() ? 0 : static_cast<std::size_t>(exception.mark.pos);
        if (const auto tab = indenting_tab(source.text(), offset)) {
            return {nullptr, {at_offset(source, *tab, "tabs cannot indent YAML; use spaces")}};
        }
        return {nullptr,
                {at_offset(source, offset, "not valid YAML: " + exception.msg,
                           hint_for(exception.msg, source.text(), offset))}};
    } catch (const std::exception&) {
        return {nullptr, {whole_file(source, "not valid YAML")}};
    }
    NodePtr root = builder.take_root();
    if (root == nullptr || root->kind == YamlKind::null) {
        return {nullptr, {whole_file(source, "the file has no content")}};
    }
    return {std::move(root), {}};
}

}  // namespace

SourceText::SourceText(std::string path, std::string text) : path_(std::move(path)) {
    const std::string_view bytes = text;
    std::size_t from = bytes.starts_with("\xEF\xBB\xBF") ? 3 : 0;
    text_.reserve(bytes.size());
    line_starts_.push_back(0);
    for (; from < bytes.size(); ++from) {
        if (bytes[from] == '\r' && bytes.substr(from + 1, 1) == "\n") continue;
        text_.push_back(bytes[from]);
        if (bytes[from] == '\n') line_starts_.push_back(text_.size());
    }
}

std::string_view SourceText::line(std::uint32_t number) const {
    if (number == 0 || number > line_starts_.size()) return {};
    const std::size_t start = line_starts_[number - 1];
    const std::size_t end = std::min(text_.find('\n', start), text_.size());
    return std::string_view(text_).substr(start, end - start);
}

Position SourceText::position_of(std::size_t offset, std::uint32_t length) const {
    offset = std::min(offset, text_.size());
    const auto next = std::ranges::upper_bound(line_starts_, offset);
    const auto line = static_cast<std::uint32_t>(next - line_starts_.begin());
    const std::size_t start = line_starts_[line - 1];
    const auto before = code_points(std::string_view(text_).substr(start, offset - start));
    return Position{line, static_cast<std::uint32_t>(before) + 1, length};
}

const YamlNode* YamlNode::find(std::string_view key) const {
    const auto found = std::ranges::find(members, key, &YamlMember::key);
    return found == members.end() ? nullptr : found->value.get();
}

std::string_view describe(YamlKind kind) {
    switch (kind) {
        case YamlKind::null: return "nothing";
        case YamlKind::scalar: return "text";
        case YamlKind::sequence: return "a list";
        case YamlKind::mapping: return "a mapping";
    }
    return "";
}

YamlResult parse_yaml(const SourceText& source, std::uint32_t file) {
    const std::string& text = source.text();
    if (text.size() > kMaxFileBytes) {
        return {nullptr, {whole_file(source, "the file is larger than 1 MiB")}};
    }
    if (const auto problem = encoding_problem(text)) {
        return {nullptr, {at_offset(source, problem->offset, problem->message)}};
    }
    if (const auto offset = indicator_run(text)) {
        return {nullptr, {at_offset(source, *offset, "too many YAML indicators in a row")}};
    }
    return parse_checked(source, file);
}

}  // namespace oplocksim::scenarios
