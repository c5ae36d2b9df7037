//! File systems: which one a folder is on, and how much room is there.
//!
//! Knows the mounts of this process and what kinds of file systems there are; does not know what is kept on them.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::{Component, Path, PathBuf};

use rustix::fs::{Access, AtFlags, CWD, StatxFlags, accessat, statvfs, statx};

use super::answer::Unknown;
use crate::units::Bytes;

/// Where a folder is, or would be if it were made.
#[derive(Debug)]
pub(super) struct Place {
    /// The folder, without links; where it is not there, the nearest one above it that is.
    pub(super) folder: PathBuf,
    /// What it is on.
    pub(super) mount: Mount,
    /// What is left there for everybody.
    pub(super) free: Bytes,
    /// How many files can still be made; none where the file system sets no number.
    pub(super) free_files: Option<u64>,
}

/// A mounted file system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mount {
    id: u64,
    /// Where.
    pub(super) point: PathBuf,
    /// Of which kind: `ext4`, `nfs4`, `fuse.sshfs`.
    pub(super) kind: String,
    /// From what: a device, a server.
    pub(super) source: String,
    options: Vec<String>,
}

/// What it means to work on a kind of file system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Nature {
    /// As usual.
    Local,
    /// What is written there takes memory, and is gone after a restart.
    Memory,
    /// Each access asks another machine.
    Network,
    /// Each access asks the machine that this one runs on.
    Host,
    /// A drive of Windows, seen from WSL.
    Windows,
}

/// Kinds whose files are on another machine.
const NETWORK: [&str; 32] = [
    "nfs",
    "nfs4",
    "cifs",
    "smb3",
    "smbfs",
    "afs",
    "ceph",
    "lustre",
    "glusterfs",
    "beegfs",
    "gpfs",
    "orangefs",
    "davfs",
    "fuse.sshfs",
    "fuse.s3fs",
    "fuse.rclone",
    "fuse.gcsfuse",
    "fuse.glusterfs",
    "fuse.ceph-fuse",
    "fuse.juicefs",
    "fuse.davfs",
    "fuse.curlftpfs",
    "fuse.goofys",
    "fuse.mount-s3",
    "fuse.blobfuse",
    "fuse.blobfuse2",
    "fuse.smbnetfs",
    "fuse.mfs",
    "fuse.lizardfs",
    "fuse.seaweedfs",
    "fuse.nfs",
    "fuse.weed",
];

/// Kinds whose files are on the machine that this one runs on.
const HOST: [&str; 10] = [
    "9p",
    "virtiofs",
    "vboxsf",
    "vmhgfs",
    "fuse.vmhgfs-fuse",
    "prl_fs",
    "osxfs",
    "fuse.osxfs",
    "fuse.grpcfuse",
    "fakeowner",
];

/// A path without links, as several names of one thing are one; as it is, where nothing is there.
pub(super) fn real(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_path_buf())
}

/// A path without `.` and `..` in its midst, by its names alone.
pub(super) fn plain(path: &Path) -> PathBuf {
    path.components().fold(PathBuf::new(), |mut plain, part| {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            _ => plain.push(part),
        }
        plain
    })
}

/// Where `path` is, or would be.
///
/// # Errors
/// It cannot be told, as where /proc is missing.
pub(super) fn place(path: &Path) -> Result<Place, Unknown> {
    let folder = path.ancestors().find_map(|path| path.canonicalize().ok());
    let folder = folder.ok_or_else(|| Unknown(format!("nothing of {} is there", path.display())))?;
    let mounts =
        std::fs::read("/proc/self/mountinfo").map_err(|error| Unknown(format!("/proc/self/mountinfo: {error}")))?;
    let mount = mount_of(&folder, read(&mounts));
    let mount = mount.ok_or_else(|| Unknown(format!("no mount in /proc/self/mountinfo has {}", folder.display())))?;
    let room = statvfs(&folder).map_err(|error| Unknown(format!("{}: {error}", folder.display())))?;
    Ok(Place {
        folder,
        mount,
        free: Bytes(room.f_bavail.saturating_mul(room.f_frsize)),
        // btrfs and others count no files.
        free_files: (room.f_files > 0).then_some(room.f_favail),
    })
}

/// The kernel's own answer, where it gives one (since Linux 5.8); else the mount whose path is the longest, and of those the
/// last.
fn mount_of(folder: &Path, mounts: Vec<Mount>) -> Option<Mount> {
    let told = statx(CWD, folder, AtFlags::empty(), StatxFlags::MNT_ID).ok();
    let id = told.filter(|told| told.stx_mask & StatxFlags::MNT_ID.bits() != 0).map(|told| told.stx_mnt_id);
    if let Some(mount) = mounts.iter().find(|mount| Some(mount.id) == id) {
        return Some(mount.clone());
    }
    let above = mounts.into_iter().filter(|mount| folder.starts_with(&mount.point));
    above.max_by_key(|mount| mount.point.as_os_str().len())
}

/// The lines of mountinfo: `id parent device root point options optional… - kind source options`.
fn read(text: &[u8]) -> Vec<Mount> {
    text.split(|byte| *byte == b'\n').filter_map(mount).collect()
}

fn mount(line: &[u8]) -> Option<Mount> {
    let words: Vec<&[u8]> = line.split(|byte| *byte == b' ').collect();
    let dash = words.iter().position(|word| *word == b"-")?;
    let text = |word: &[u8]| String::from_utf8_lossy(&unescaped(word)).into_owned();
    let options = [words.get(5)?, words.get(dash + 3)?];
    Some(Mount {
        id: text(words.first()?).parse().ok()?,
        point: PathBuf::from(OsString::from_vec(unescaped(words.get(4)?))),
        kind: text(words.get(dash + 1)?),
        source: text(words.get(dash + 2)?),
        options: options
            .iter()
            .flat_map(|options| options.split(|byte| matches!(byte, b',' | b';')))
            .map(text)
            .collect(),
    })
}

/// Spaces and the like are in octal: `\040`.
fn unescaped(word: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(word.len());
    let mut rest = word;
    while let [first, more @ ..] = rest {
        let octal = more.get(..3).filter(|_| *first == b'\\').and_then(|digits| std::str::from_utf8(digits).ok());
        if let Some(byte) = octal.and_then(|digits| u8::from_str_radix(digits, 8).ok()) {
            bytes.push(byte);
            rest = &rest[4..];
        } else {
            bytes.push(*first);
            rest = more;
        }
    }
    bytes
}

impl Mount {
    /// Whether it is mounted so that nothing can be written.
    pub(super) fn is_read_only(&self) -> bool {
        self.has("ro")
    }

    /// Whether it is mounted so that no program there can be run.
    pub(super) fn is_without_programs(&self) -> bool {
        self.has("noexec")
    }

    fn has(&self, option: &str) -> bool {
        self.options.iter().any(|has| has == option)
    }

    /// What it means to work there.
    pub(super) fn nature(&self) -> Nature {
        let is = |kinds: &[&str]| kinds.contains(&self.kind.as_str());
        // WSL mounts drives as 9p or virtiofs, and says so in the options or in the name of the source.
        let is_drive =
            self.options.iter().any(|option| option.contains("aname=drvfs")) || self.source.starts_with("drvfs");
        if self.kind == "drvfs" || (is_drive && is(&HOST)) {
            Nature::Windows
        } else if is(&["tmpfs", "ramfs"]) {
            Nature::Memory
        } else if is(&NETWORK) {
            Nature::Network
        } else if is(&HOST) && self.point != Path::new("/") {
            // Some containers have all that they have from there.
            Nature::Host
        } else {
            Nature::Local
        }
    }

    /// In words: `the nfs4 file system server:/home on /home`.
    pub(super) fn described(&self) -> String {
        format!("the {} file system {} on {}", self.kind, self.source, self.point.display())
    }
}

/// Whether this process may make files in a folder, without trying.
pub(super) fn may_write(folder: &Path) -> Result<(), String> {
    may(folder, Access::WRITE_OK | Access::EXEC_OK)
}

/// Whether this process may change a file, without trying.
pub(super) fn may_change(file: &Path) -> Result<(), String> {
    may(file, Access::READ_OK | Access::WRITE_OK)
}

fn may(path: &Path, access: Access) -> Result<(), String> {
    accessat(CWD, path, access, AtFlags::EACCESS).map_err(|error| error.to_string())
}

/// What a line of mountinfo says, for tests of what cannot be mounted there.
#[cfg(test)]
pub(super) fn place_of_line(line: &str) -> Option<Place> {
    let mount = mount(line.as_bytes())?;
    Some(Place { folder: mount.point.clone(), mount, free: Bytes(u64::MAX), free_files: None })
}

#[cfg(test)]
mod tests {
    use super::*;
    use Nature::{Host, Local, Memory, Network, Windows};

    fn natures(lines: &str) -> Vec<Nature> {
        read(lines.as_bytes()).iter().map(Mount::nature).collect()
    }

    /// No server, no WSL and no virtual machine can be made in a test: these lines are from such machines.
    #[test]
    fn what_is_not_local_is_known_by_its_kind() {
        let lines = "\
            36 25 0:50 / /home rw,relatime shared:1 - nfs4 server:/home rw,vers=4.2,hard\n\
            37 25 0:51 / /mnt/share rw - cifs //server/share rw,vers=3.0\n\
            38 25 0:52 / /mnt/ssh rw,nosuid - fuse.sshfs me@server: rw,user_id=0\n\
            39 25 0:53 / /mnt/c rw,noatime - 9p C:\\134 rw,aname=drvfs;path=C:\\;uid=1000,trans=fd\n\
            40 25 0:54 / /mnt/d rw - virtiofs drvfsD rw\n\
            41 25 0:55 / /work rw - virtiofs share rw\n\
            42 25 0:56 / / rw - 9p none rw,trans=fd\n\
            43 25 0:57 / /tmp rw,nosuid - tmpfs tmpfs rw,size=10k\n\
            44 25 8:1 / /data rw - ext4 /dev/sda1 rw\n\
            45 25 0:58 / /merged rw - fuse.mergerfs a:b rw\n";
        let expected = [Network, Network, Network, Windows, Windows, Host, Local, Memory, Local, Local];
        assert_eq!(natures(lines), expected);
    }

    #[test]
    fn names_with_spaces_are_read_and_what_is_no_mount_is_passed_over() {
        let mounts =
            read(b"36 25 0:50 / /mnt/my\\040files ro,noexec - ext4 /dev/a\\134b rw\n\nnonsense\n1 2 -\n\\04\n");
        assert_eq!(mounts.len(), 1);
        assert_eq!((mounts[0].point.to_str(), mounts[0].source.as_str()), (Some("/mnt/my files"), "/dev/a\\b"));
        assert!(mounts[0].is_read_only() && mounts[0].is_without_programs());
    }

    #[test]
    fn a_folder_is_on_the_mount_with_the_longest_path_where_the_kernel_says_nothing() {
        let lines = "1 1 8:1 / / rw - ext4 a rw\n2 1 8:2 / /a rw - ext4 b rw\n3 1 8:3 / /ab rw - ext4 c rw\n4 1 8:4 / /a rw - ext4 d rw\n";
        let found = mount_of(Path::new("/a/folder/that/is/not/there"), read(lines.as_bytes()));
        assert_eq!(found.map(|mount| mount.source), Some(String::from("d")));
    }
}
