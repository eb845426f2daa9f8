#include "conformance/editions.h"

#include <array>

namespace oplocksim::conformance {
namespace {

constexpr std::array kEditions{
    Edition{"[MS-FSA]: File System Algorithms", "42.0, 2025-09-09",
            "ms-fsa"},
    Edition{"Acknowledging Oplock Breaks", "2017-04-20", "acknowledging-oplock-breaks"},
    Edition{"Breaking Oplocks", "2024-12-18", "breaking-oplocks"},
    Edition{"Checking the Oplock State of IRP_MJ_FILE_SYSTEM_CONTROL", "2019-11-25",
            "irp-mj-file-system-control2"},
    Edition{"Checking the Oplock State of an FS_FILTER_ACQUIRE_FOR_SECTION_SYNCHRONIZATION "
            "Operation",
            "2025-02-07", "fs-filter-acquire-for-section-synchronization2"},
    Edition{"Checking the Oplock State of an IRP_MJ_CLEANUP Operation", "2019-11-25",
            "irp-mj-cleanup2"},
    Edition{"Checking the Oplock State of an IRP_MJ_CREATE Operation", "2017-04-20",
            "irp-mj-create2"},
    Edition{"Checking the Oplock State of an IRP_MJ_LOCK_CONTROL Operation", "2019-11-25",
            "irp-mj-lock-control2"},
    Edition{"Checking the Oplock State of an IRP_MJ_READ Operation", "2019-11-25",
            "irp-mj-read2"},
    Edition{"Checking the Oplock State of an IRP_MJ_SET_INFORMATION Operation", "2019-11-25",
            "irp-mj-set-information2"},
    Edition{"Checking the Oplock State of an IRP_MJ_WRITE Operation", "2019-11-25",
            "irp-mj-write2"},
    Edition{"FSCTL_REQUEST_OPLOCK and system error codes (Win32)", "no date of their own",
            "win32"},
    Edition{"FSCTL_REQUEST_OPLOCK and the other oplock control codes (nine pages)", "2023-03-13",
            "fsctl-pages"},
    Edition{"FsRtlCheckOplockEx2 and its relatives (reference pages)",
            "FsRtlCheckOplockEx2: 2020-03-24", "fsrtl"},
    Edition{"Oplock Synchronization", "2021-01-08", "granting-oplocks-atomic-create fsrtl"},
    Edition{"Oplocks (overview)", "2025-11-05", "oplock-overview"},
    Edition{"Requesting and Granting Oplocks", "2025-02-07",
            "granting-oplocks granting-oplocks-atomic-create"},
    Edition{"Types of Oplocks", "2023-07-07", "oplock-overview"},
};

}  // namespace

std::span<const Edition> editions() { return kEditions; }

}  // namespace oplocksim::conformance
