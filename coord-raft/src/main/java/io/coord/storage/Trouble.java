package io.coord.storage;

import static io.coord.ErrorCode.DATA_DAMAGED;
import static io.coord.ErrorCode.DATA_DIRECTORY_IN_USE;
import static io.coord.ErrorCode.DATA_DIRECTORY_UNUSABLE;
import static io.coord.ErrorCode.DATA_MISSING;
import static io.coord.ErrorCode.FOREIGN_DATA_DIRECTORY;
import static io.coord.ErrorCode.NEWER_FORMAT;
import static io.coord.ErrorCode.NOT_A_DATA_DIRECTORY;
import static io.coord.ErrorCode.NO_ROOM;
import static io.coord.ErrorCode.WRITE_FAILED;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What can be wrong with a storage, in words: what failed, where, the likely cause, and what to do. */
final class Trouble {

    private static final String REJOIN = "Nothing was changed. Restore the directory from before the damage, or, while a majority of the"
            + " ensemble is healthy, move it away and let the member join again with an empty one.";

    private Trouble() {}

    static IOException damaged(String place, long offset, String found) {
        return new DamagedException(DATA_DAMAGED + " " + place + " is damaged at offset " + offset + ": " + found
                + ". The disk, its cable or another program changed what had been written. " + REJOIN);
    }

    static IOException missing(String place, String found) {
        return new DamagedException(DATA_MISSING + " " + place + " is missing: " + found
                + ". Files were deleted, or restored in part. " + REJOIN);
    }

    static IOException newerFormat(String place, int version, int known) {
        return new IOException(NEWER_FORMAT + " " + place + " has format version " + version + "; this program knows versions up to "
                + known + ". Nothing was changed. Run the newer program that wrote it.");
    }

    static IOException otherMember(String place, int found, int expected, long clusterId) {
        return new IOException(FOREIGN_DATA_DIRECTORY + " data directory " + place + " belongs to member " + found + " (cluster "
                + hex(clusterId) + "), not to member " + expected
                + ". Two members share a directory, or the id changed. Give each member a directory of its own.");
    }

    static IOException foreignFile(String place, String found) {
        return new IOException(FOREIGN_DATA_DIRECTORY + " " + place + " belongs to another storage: " + found
                + ". Files of two data directories were mixed. Put back the files that belong here.");
    }

    static IOException notOurs(String place, List<String> strangers) {
        return new IOException(NOT_A_DATA_DIRECTORY + " directory " + place + " holds files that are not a member's (" + some(strangers)
                + "). Probably the wrong path. Choose an empty directory, or one that a member wrote.");
    }

    static IOException noIdentity(String place, String witness) {
        return new DamagedException(DATA_MISSING + " " + place + " is missing, though there is " + witness
                + ". A log without an identity belongs to nobody. " + REJOIN);
    }

    static IOException inUse(String place, @Nullable String owner) {
        return new IOException(DATA_DIRECTORY_IN_USE + " data directory " + place + " is in use by "
                + (owner == null ? "another process" : owner)
                + ". Stop that member, or give this one a directory of its own.");
    }

    static IOException unusable(String place, IOException cause) {
        return new IOException(DATA_DIRECTORY_UNUSABLE + " data directory " + place + " cannot be used: " + reason(cause)
                + ". Check that it is a directory that this user may read and write.", cause);
    }

    static IOException cannotWrite(String place, Throwable cause) {
        return new IOException(WRITE_FAILED + " cannot write " + place + ": " + reason(cause)
                + ". Nothing more is written in this run. Check disk and free space, then start the member again.", cause);
    }

    /** What no disk is to blame for. */
    static IOException senseless(String place, String why) {
        return new IOException(WRITE_FAILED + " the storage in " + place + " was asked for what cannot be: " + why
                + ". Nothing more is written in this run. This is a mistake in the program, or two versions that do not fit.");
    }

    static IOException noSpare(String place, IOException cause) {
        return new IOException(WRITE_FAILED + " cannot make a log segment in " + place + ": " + reason(cause)
                + ". Check disk and free space, then start the member again; what was reported as written is there.", cause);
    }

    static String noRoom(String place, long usableBytes, boolean waits) {
        return NO_ROOM.message("the disk of data directory " + place + " is full: " + (usableBytes >> 10) + " KiB are left"
                + (waits ? ", and writes to the log wait" : "") + ". Make room there; the member goes on by itself.");
    }

    static IOException closed(String place) {
        return new IOException("the storage in " + place + " is closed");
    }

    static String hex(long value) {
        return Long.toHexString(value);
    }

    static String reason(Throwable cause) {
        if (cause instanceof AccessDeniedException denied) {
            return "permission denied for " + denied.getFile();
        }
        if (cause instanceof NoSuchFileException missing) {
            return "there is no " + missing.getFile();
        }
        if (cause instanceof FileSystemException odd) {
            return odd.getFile() + ": " + (odd.getReason() == null ? odd.getClass().getSimpleName() : odd.getReason());
        }
        return cause.getMessage() == null ? cause.toString() : cause.getMessage();
    }

    private static String some(List<String> names) {
        return names.size() <= 3 ? String.join(", ", names) : String.join(", ", names.subList(0, 3)) + ", ...";
    }
}
