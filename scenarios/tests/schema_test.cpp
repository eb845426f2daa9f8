// The schema and the reference say what the loader does. That the corpus is valid under the
// schema is checked by a script with a full validator.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "scenarios/language.h"
#include "scenarios/runner.h"
#include "scenarios/yaml_document.h"

namespace oplocksim::scenarios {
namespace {

// JSON is YAML: the parser at hand will do.
NodePtr schema() {
    const YamlResult result = parse_yaml(SourceText("schema.json", json_schema()), 0);
    for (const Diagnostic& diagnostic : result.diagnostics) ADD_FAILURE() << render(diagnostic);
    return result.root;
}

const YamlNode* at(const YamlNode* node, std::initializer_list<std::string_view> path) {
    for (const std::string_view key : path) {
        if (node != nullptr) node = node->find(key);
    }
    return node;
}

TEST(Schema, HasEveryKeyAndVerb) {
    const NodePtr root = schema();
    ASSERT_NE(root, nullptr);
    EXPECT_EQ(root->find("$schema")->text, "https://json-schema.org/draft/2020-12/schema");
    for (const KeyInfo& key : keys_of(MappingKind::top_level)) {
        EXPECT_NE(at(root.get(), {"properties", key.name, "description"}), nullptr) << key.name;
    }
    EXPECT_EQ(at(root.get(), {"additionalProperties"})->text, "false");
    const YamlNode* step = at(root.get(), {"$defs", "step"});
    ASSERT_NE(step, nullptr);
    for (const KeyInfo& key : world_verbs()) {
        EXPECT_NE(at(step, {"properties", key.name}), nullptr) << key.name;
    }
    EXPECT_EQ(step->find("patternProperties")->members.size(), client_verbs().size() + 1);
}

void expect_references_resolve(const YamlNode& node, const YamlNode& definitions) {
    for (const YamlMember& member : node.members) {
        if (member.key == "$ref") {
            constexpr std::string_view kPrefix = "#/$defs/";
            ASSERT_TRUE(member.value->text.starts_with(kPrefix));
            EXPECT_NE(definitions.find(member.value->text.substr(kPrefix.size())), nullptr)
                << member.value->text;
        }
        expect_references_resolve(*member.value, definitions);
    }
    for (const NodePtr& item : node.items) expect_references_resolve(*item, definitions);
}

TEST(Schema, EveryReferenceResolves) {
    const NodePtr root = schema();
    ASSERT_NE(root, nullptr);
    expect_references_resolve(*root, *root->find("$defs"));
}

TEST(Reference, TheDocumentationIsUpToDate) {
    std::ifstream stream(std::string(OPLOCKSIM_SOURCE_DIR) + "/docs/scenario-language.md");
    const std::string text{std::istreambuf_iterator<char>(stream), {}};
    const std::string reference = language_reference();
    if (text.ends_with(reference)) return;
    const std::string path = std::string(OPLOCKSIM_BINARY_DIR) + "/language-reference.md";
    std::ofstream(path) << reference;
    FAIL() << "docs/scenario-language.md must end with the reference, which is now in " << path;
}

TEST(Language, TablesAgree) {
    for (const VerbInfo& verb : client_verbs()) {
        EXPECT_EQ(find_client_verb(verb.name), &verb);
        EXPECT_EQ(to_string(verb.verb), verb.name);
    }
    for (const KeyInfo& verb : world_verbs()) {
        EXPECT_EQ(to_string(*find_world_verb(verb.name)), verb.name);
    }
    for (const OutcomeWordInfo& word : outcome_words()) {
        EXPECT_EQ(to_string(word.word), word.name);
    }
}

}  // namespace
}  // namespace oplocksim::scenarios
