#include "reports/atomic_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace oplocksim::reports {
namespace {

namespace fs = std::filesystem;

class AtomicFileTest : public testing::Test {
 protected:
    void SetUp() override {
        const auto* info = testing::UnitTest::GetInstance()->current_test_info();
        folder_ = fs::path(testing::TempDir()) / ("oplocksim_" + std::string(info->name()));
        fs::remove_all(folder_);
        fs::create_directories(folder_);
    }
    void TearDown() override { fs::remove_all(folder_); }

    [[nodiscard]] std::string path(const std::string& name) const {
        return (folder_ / name).string();
    }
    [[nodiscard]] std::string content(const std::string& name) const {
        std::ifstream in(path(name));
        std::ostringstream out;
        out << in.rdbuf();
        return out.str();
    }
    void put(const std::string& name, const std::string& text) const {
        std::ofstream(path(name)) << text;
    }

    fs::path folder_;
};

TEST_F(AtomicFileTest, TheTargetChangesAtTheCommit) {
    put("report", "old");
    AtomicFile file;
    ASSERT_EQ(file.open(path("report")), "");
    file.write("new");
    EXPECT_EQ(file.flush(), "");
    EXPECT_EQ(content("report"), "old");
    EXPECT_EQ(content("report.partial"), "new");
    EXPECT_EQ(file.commit(), "");
    EXPECT_EQ(content("report"), "new");
    EXPECT_FALSE(fs::exists(path("report.partial")));
}

TEST_F(AtomicFileTest, WithoutACommitTheOldTargetAndThePartialStay) {
    put("report", "old");
    {
        AtomicFile file;
        ASSERT_EQ(file.open(path("report")), "");
        file.write("half");
    }
    EXPECT_EQ(content("report"), "old");
    EXPECT_EQ(content("report.partial"), "half");
    AtomicFile again;
    ASSERT_EQ(again.open(path("report")), "");
    EXPECT_EQ(again.commit(), "");
    EXPECT_EQ(content("report"), "");
}

TEST_F(AtomicFileTest, ErrorsNameTheFileAndTheReason) {
    AtomicFile missing;
    EXPECT_EQ(missing.open(path("no/such/report")),
              "cannot write '" + path("no/such/report") + "': No such file or directory");
    AtomicFile directory;
    EXPECT_EQ(directory.open(folder_.string()),
              "cannot write '" + folder_.string() + "': Is a directory");
}

TEST_F(AtomicFileTest, AFullDiskIsReported) {
    AtomicFile file;
    ASSERT_EQ(file.open("/dev/full"), "");
    file.write("text");
    EXPECT_EQ(file.commit(), "cannot write '/dev/full': No space left on device");
}

TEST_F(AtomicFileTest, TwoWritersOfOneReportAreRefused) {
    AtomicFile first;
    AtomicFile second;
    ASSERT_EQ(first.open(path("report")), "");
    EXPECT_NE(second.open(path("report")), "");
    first.write("whole");
    EXPECT_EQ(first.commit(), "");
    EXPECT_EQ(content("report"), "whole");
}

TEST_F(AtomicFileTest, ASymbolicLinkStaysALink) {
    put("target", "old");
    fs::create_symlink(path("target"), path("link"));
    AtomicFile file;
    ASSERT_EQ(file.open(path("link")), "");
    file.write("new");
    EXPECT_EQ(file.commit(), "");
    EXPECT_TRUE(fs::is_symlink(path("link")));
    EXPECT_EQ(content("target"), "new");
}

TEST_F(AtomicFileTest, APartialFileThatIsALinkIsNotFollowed) {
    put("victim", "precious");
    fs::create_symlink(path("victim"), path("report.partial"));
    AtomicFile file;
    EXPECT_NE(file.open(path("report")), "");
    EXPECT_EQ(content("victim"), "precious");
}

}  // namespace
}  // namespace oplocksim::reports
