#include "sim/names.h"

#include <gtest/gtest.h>

namespace oplocksim::sim {
namespace {

TEST(Names, FoldsAsciiCaseOnly) {
    Names names;
    const NameId first = names.intern("Data.bin");
    EXPECT_EQ(first, names.intern("DATA.BIN"));
    EXPECT_NE(names.intern("\xC3\xA4"), names.intern("\xC3\x84"));
    EXPECT_EQ(names.text(names.intern("DATA.bin")), "Data.bin") << "the first spelling is shown";
    EXPECT_EQ(names.intern("").value, 0u);
}

TEST(Names, TakesPathsApart) {
    Names names;
    const Path root = names.path(*names.intern_path("\\"));
    EXPECT_TRUE(root.components.empty());
    EXPECT_FALSE(root.names_stream);

    const Path plain = names.path(*names.intern_path("dir\\file.txt"));
    ASSERT_EQ(plain.components.size(), 2u);
    EXPECT_EQ(names.text(plain.components[1]), "file.txt");

    const Path stream = names.path(*names.intern_path("\\file:s:$data"));
    EXPECT_EQ(names.text(stream.stream), "s");
    EXPECT_TRUE(stream.names_stream);

    const Path unnamed = names.path(*names.intern_path("\\file::$DATA"));
    EXPECT_EQ(unnamed.stream.value, 0u);
    EXPECT_TRUE(unnamed.names_stream);

    const Path bare = names.path(*names.intern_path(":s"));
    EXPECT_TRUE(bare.components.empty());
    EXPECT_EQ(bare.stream, names.intern("S"));
}

TEST(Names, PathsAreInternedOnce) {
    Names names;
    EXPECT_EQ(names.intern_path("\\a\\b"), names.intern_path("\\a\\b"));
    const PathId other = *names.intern_path("\\A\\B");
    EXPECT_NE(*names.intern_path("\\a\\b"), other);
    EXPECT_EQ(names.path(other).components, names.path(*names.intern_path("\\a\\b")).components);
}

TEST(Names, RefusesWrongSyntax) {
    const auto problem = [](std::string_view path) {
        return Names::path_problem(path).value_or("");
    };
    EXPECT_EQ(problem(""), "the path is empty");
    EXPECT_EQ(problem("\\a\\\\b"), "a component is empty");
    EXPECT_EQ(problem("\\a\\"), "a component is empty");
    EXPECT_EQ(problem("\\a:s\\b"), "only the last component can name a stream");
    EXPECT_EQ(problem("\\a:"), "the path ends in a colon");
    EXPECT_EQ(problem("\\a:s:$INDEX_ALLOCATION"), "the stream type is not $DATA");
    EXPECT_EQ(problem("\\a*b"), "a component contains '*'");
    EXPECT_EQ(problem("/a"), "a component contains '/'");
    EXPECT_EQ(problem("\\a\nb"), "a component contains a control character");
    EXPECT_EQ(problem("\\.."), "'.' and '..' are not names");
    EXPECT_EQ(problem("\\" + std::string(256, 'x')), "a component is longer than 255 characters");
    EXPECT_FALSE(Names::path_problem("\\" + std::string(255, 'x')));
    EXPECT_FALSE(Names().intern_path("\\a|b"));
}

}  // namespace
}  // namespace oplocksim::sim
