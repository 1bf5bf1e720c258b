//! The only module that touches files: whole-or-nothing writes, modes, locks, and the path in every error.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError, mpsc};
use std::time::Duration;

use bytes::Bytes;
use tempfile::TempPath;

use crate::error::{ErrorKind, Hint};
use crate::limits::Limits;
use crate::secret::SecretBytes;

/// Why a file cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each variant's message says it")]
pub enum FileError {
    #[error("cannot {action} `{}`", path.display())]
    Io {
        action: &'static str,
        path: PathBuf,
        source: io::Error,
    },
    #[error("`{}` has more than {limit} bytes", path.display())]
    TooLarge { path: PathBuf, limit: usize },
    #[error("`{}` exists already", path.display())]
    Exists { path: PathBuf },
    #[error("cannot write `{}`: its folder is locked by {}", path.display(), holder.as_deref().unwrap_or("another process"))]
    Locked { path: PathBuf, holder: Option<String> },
}

impl FileError {
    /// The error's kind.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Io { source, .. } if source.kind() == io::ErrorKind::NotFound => ErrorKind::NotFound,
            Self::Io { .. } => ErrorKind::Io,
            Self::TooLarge { .. } => ErrorKind::LimitExceeded,
            Self::Exists { .. } | Self::Locked { .. } => ErrorKind::Conflict,
        }
    }

    /// What mends it.
    #[must_use]
    pub fn hints(&self) -> Vec<Hint> {
        if matches!(self, Self::Locked { .. }) {
            return vec![Hint::new(
                "run it again when the other is done, or wait longer: `KEYJAR_LOCK_TIMEOUT=SECONDS`",
            )];
        }
        let Self::Io { source, action, .. } = self else {
            return Vec::new();
        };
        let text = match source.kind() {
            // EPERM: not the mode forbids it.
            io::ErrorKind::PermissionDenied if *action == "write" && source.raw_os_error() == Some(1) => {
                "the file as it was is unharmed; `lsattr` shows whether it is immutable, `chattr -i` makes it writable"
            }
            io::ErrorKind::PermissionDenied if *action == "write" => {
                "the file as it was is unharmed; the folder must be writable, since the new file is put beside the old one and renamed"
            }
            io::ErrorKind::ReadOnlyFilesystem => "the file as it was is unharmed; write to another place",
            io::ErrorKind::StorageFull => {
                "the file as it was is unharmed; make room and run the command again"
            }
            io::ErrorKind::NotFound if *action == "write" => "the folder must exist: `mkdir -p` makes it",
            _ => return Vec::new(),
        };
        vec![Hint::new(text)]
    }
}

fn failed(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> FileError {
    let path = path.to_owned();
    move |source| FileError::Io { action, path, source }
}

/// Reads a whole file.
///
/// # Errors
/// What the file system refuses; more bytes than `limits` allow.
#[expect(clippy::disallowed_methods, reason = "this is the module that touches files")]
pub fn read(path: &Path, limits: &Limits) -> Result<Bytes, FileError> {
    let file = File::open(path).map_err(failed("read", path))?;
    read_from(file, path, limits)
}

/// Reads all that comes, `path` being its name in errors.
///
/// # Errors
/// As [`read`].
pub fn read_from(mut input: impl Read, path: &Path, limits: &Limits) -> Result<Bytes, FileError> {
    let mut bytes = Vec::new();
    let cap = u64::try_from(limits.input_bytes)
        .unwrap_or(u64::MAX)
        .saturating_add(1);
    input
        .by_ref()
        .take(cap)
        .read_to_end(&mut bytes)
        .map_err(failed("read", path))?;
    if bytes.len() > limits.input_bytes {
        return Err(FileError::TooLarge {
            path: path.to_owned(),
            limit: limits.input_bytes,
        });
    }
    Ok(Bytes::from(bytes))
}

/// Reads a whole file that holds a key or a password: wiped when dropped, no copy left behind.
///
/// # Errors
/// As [`read`].
#[expect(clippy::disallowed_methods, reason = "this is the module that touches files")]
pub fn read_secret(path: &Path, limits: &Limits) -> Result<SecretBytes, FileError> {
    let file = File::open(path).map_err(failed("read", path))?;
    read_secret_from(file, path, limits)
}

/// Reads all that comes, `path` being its name in errors: wiped when dropped, no copy left behind.
///
/// # Errors
/// As [`read`].
pub fn read_secret_from(
    mut input: impl Read,
    path: &Path,
    limits: &Limits,
) -> Result<SecretBytes, FileError> {
    let mut whole = SecretBytes::new(vec![0; 1 << 13]);
    let mut length = 0;
    loop {
        if length == whole.len() {
            // Growing in place would leave the old octets behind in freed memory.
            let mut larger = vec![0; 2 * length];
            larger.splice(..length, whole.expose_bytes().iter().copied());
            whole = SecretBytes::new(larger);
        }
        let room = whole.expose_bytes_mut().get_mut(length..).unwrap_or_default();
        match input.read(room) {
            Ok(0) => break,
            Ok(count) => length += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(failed("read", path)(error)),
        }
        if length > limits.input_bytes {
            return Err(FileError::TooLarge {
                path: path.to_owned(),
                limit: limits.input_bytes,
            });
        }
    }
    whole.expose_bytes_mut().truncate(length);
    Ok(whole)
}

/// Reads a whole file; `None` where there is none.
///
/// # Errors
/// As [`read`], but for the absence.
pub fn read_if_exists(path: &Path, limits: &Limits) -> Result<Option<Bytes>, FileError> {
    match read(path, limits) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        other => other.map(Some),
    }
}

/// Whether the path is a folder.
#[must_use]
pub fn is_folder(path: &Path) -> bool {
    path.is_dir()
}

/// Whether the path is a regular file.
#[must_use]
pub fn is_file(path: &Path) -> bool {
    path.is_file()
}

/// Whether the file can be read.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is the module that touches files")]
pub fn is_readable(path: &Path) -> bool {
    File::open(path).is_ok()
}

/// Whether the path names something.
#[must_use]
pub fn exists(path: &Path) -> bool {
    path.exists()
}

/// The folder's files whose ending is one of `endings`, by name.
///
/// # Errors
/// What the file system refuses.
#[expect(clippy::disallowed_methods, reason = "this is the module that touches files")]
pub fn files_in(folder: &Path, endings: &[&str]) -> Result<Vec<PathBuf>, FileError> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed("read", folder))? {
        let path = entry.map_err(failed("read", folder))?.path();
        let ending = path
            .extension()
            .and_then(|ending| ending.to_str())
            .unwrap_or_default();
        if path.is_file() && endings.iter().any(|wanted| wanted.eq_ignore_ascii_case(ending)) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// The names in a folder, sorted.
///
/// # Errors
/// What the file system refuses.
#[expect(clippy::disallowed_methods, reason = "this is the module that touches files")]
pub fn names_in(folder: &Path) -> Result<Vec<OsString>, FileError> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed("read", folder))? {
        names.push(entry.map_err(failed("read", folder))?.file_name());
    }
    names.sort();
    Ok(names)
}

/// Whether [`write()`] could replace the file: it is writable, and so is its folder, where the new file is put
/// before it takes the old one's place.
#[must_use]
pub fn is_replaceable(path: &Path) -> bool {
    is_writable(path) && is_writable(folder(path))
}

#[cfg(unix)]
fn is_writable(path: &Path) -> bool {
    rustix::fs::access(path, rustix::fs::Access::WRITE_OK).is_ok()
}

#[cfg(not(unix))]
#[expect(clippy::disallowed_methods, reason = "this is the module that touches files")]
fn is_writable(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|file| !file.permissions().readonly())
}

/// The number of the user who owns the file; nothing on systems without.
#[must_use]
#[cfg_attr(
    unix,
    expect(clippy::disallowed_methods, reason = "this is the module that touches files")
)]
pub fn owner(path: &Path) -> Option<u32> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        fs::metadata(path).ok().map(|file| file.uid())
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        None
    }
}

/// Writes a file's bytes to a new one that has its mode and owner; `false` where there is one already, which stays
/// as it is.
///
/// # Errors
/// What the file system refuses.
#[expect(clippy::disallowed_methods, reason = "this is the module that touches files")]
pub fn back_up(bytes: &[u8], path: &Path, copy: &Path) -> Result<bool, FileError> {
    if copy.symlink_metadata().is_ok() {
        return Ok(false);
    }
    let old = fs::metadata(path).map_err(failed("read", path))?;
    stage_as(copy, bytes, true, Some(&old))
        .and_then(|staged| staged.put(copy))
        .and_then(|()| sync_folder(folder(copy)))
        .map_err(failed("write", copy))?;
    Ok(true)
}

/// The path in full, links resolved in its folder: a JVM's own folder may be another.
///
/// # Errors
/// A folder that is not there.
pub fn absolute(path: &Path) -> Result<PathBuf, FileError> {
    std::path::absolute(path).map_err(failed("find", path))
}

/// Makes a folder and those above it, where they are missing.
///
/// # Errors
/// What the file system refuses.
pub fn make_folder(folder: &Path) -> Result<(), FileError> {
    fs::create_dir_all(folder).map_err(failed("make", folder))
}

/// Writes a file whole or not at all: into a new file in the same folder, which is synced and takes the old
/// one's place. An existing file keeps its mode and owner; a new one gets 0600 when it is `sensitive`, else
/// 0644 less the umask. Links are followed.
///
/// # Errors
/// What the file system refuses; the old file is then as it was.
pub fn write(path: &Path, bytes: &[u8], sensitive: bool) -> Result<(), FileError> {
    let target = target(path)?;
    replace(&target, bytes, sensitive).map_err(failed("write", &target))
}

/// Reads a file, lets `change` make its new bytes of the old ones (none where there is no file, or an empty
/// one), and writes them; all under a lock, so that of two programs that do this at once none undoes the
/// other. Nothing is written where `change` gives nothing. A lock that another process holds is waited for, a
/// minute long unless [`set_lock_timeout`] says otherwise.
///
/// # Errors
/// What the file system refuses, [`FileError::Locked`], and what `change` does.
pub fn update<T, E: From<FileError>>(
    path: &Path,
    limits: &Limits,
    change: impl FnOnce(Option<Bytes>) -> Result<(Option<Vec<u8>>, bool, T), E>,
) -> Result<T, E> {
    let target = target(path)?;
    let _lock = lock(folder(&target), &target)?;
    let old = read_if_exists(&target, limits)?.filter(|bytes| !bytes.is_empty());
    let (new, sensitive, result) = change(old)?;
    if let Some(bytes) = new {
        sweep(folder(&target));
        replace(&target, &bytes, sensitive).map_err(failed("write", &target))?;
    }
    Ok(result)
}

/// A file that is to be written together with others.
#[derive(Debug)]
pub struct NewFile {
    /// Where.
    pub path: PathBuf,
    /// What.
    pub contents: SecretBytes,
    /// Whether its owner alone may read it.
    pub sensitive: bool,
}

/// Writes several files, all or none: each into a new file in its folder first; when all of them are there they
/// take their places. Folders that are missing are made. Files that exist and are not empty are replaced only
/// where that is asked for, as by [`write()`].
///
/// # Errors
/// [`FileError::Exists`], before anything is written; what the file system refuses, and then none of the new
/// files is there.
pub fn write_together(files: &[NewFile], replace: bool) -> Result<(), FileError> {
    let mut folders: Vec<_> = files.iter().map(|file| folder(&file.path)).collect();
    folders.sort_unstable();
    folders.dedup();
    let check = || match files.iter().find(|file| !replace && is_taken(&file.path)) {
        Some(taken) => Err(FileError::Exists {
            path: taken.path.clone(),
        }),
        None => Ok(()),
    };
    check()?;
    for folder in &folders {
        fs::create_dir_all(folder).map_err(failed("write", folder))?;
    }
    // In the order of their names, so that two runs do not wait for each other.
    let _locks: Vec<File> = folders
        .iter()
        .map(|folder| lock(folder, folder))
        .collect::<Result<_, _>>()?;
    check()?;
    let staged = stage_together(files)?;
    let mut fresh = Vec::new();
    for (file, target) in staged {
        let is_new = !target.exists();
        if let Err(error) = file.put(&target) {
            undo(&fresh);
            return Err(failed("write", &target)(error));
        }
        if is_new {
            fresh.push(target);
        }
    }
    for folder in folders {
        sync_folder(folder).map_err(failed("write", folder))?;
    }
    Ok(())
}

/// New files beside those whose places they are to take, each on the disk. A disk takes many at once in little
/// more time than one, and nearly all of that time is waiting.
fn stage_together(files: &[NewFile]) -> Result<Vec<(Staged, PathBuf)>, FileError> {
    const FEW: usize = 4;
    const THREADS: usize = 32;
    let work = |part: &[NewFile]| -> Result<Vec<_>, FileError> {
        let each = part.iter().map(|file| {
            let target = target(&file.path)?;
            let staged = stage(&target, file.contents.expose_bytes(), file.sensitive);
            Ok((staged.map_err(failed("write", &target))?, target))
        });
        each.collect()
    };
    let share = files.len().div_ceil(THREADS).max(FEW);
    let made: Vec<Result<Vec<_>, FileError>> = std::thread::scope(|scope| {
        let mut parts = files.chunks(share);
        let own = parts.next();
        let others: Vec<_> = parts
            .map(|part| (part, scope.spawn(move || work(part))))
            .collect();
        let mut made: Vec<_> = own.map(work).into_iter().collect();
        for (part, other) in others {
            // A thread that could not finish leaves its share to this one.
            made.push(other.join().unwrap_or_else(|_| work(part)));
        }
        made
    });
    let mut all = Vec::with_capacity(files.len());
    for part in made {
        all.extend(part?);
    }
    Ok(all)
}

/// Whether something is there that would be lost: an empty file, as `mktemp` makes it, is nothing.
#[expect(clippy::disallowed_methods, reason = "this is the module that touches files")]
fn is_taken(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| found.is_dir() || found.len() > 0)
}

/// Takes the files away that a run that failed had put in place.
#[expect(clippy::disallowed_methods, reason = "this is the module that touches files")]
fn undo(fresh: &[PathBuf]) {
    for path in fresh {
        // What cannot be removed stays; the error that led here is the one to tell.
        let _ = fs::remove_file(path);
    }
}

/// Whether the group or others may read or write the file; never on systems without modes.
///
/// # Errors
/// What the file system refuses.
#[cfg_attr(
    unix,
    expect(clippy::disallowed_methods, reason = "this is the module that touches files")
)]
pub fn is_open_to_others(path: &Path) -> Result<bool, FileError> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(path)
            .map_err(failed("read", path))?
            .permissions()
            .mode();
        Ok(mode & 0o066 != 0)
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        Ok(false)
    }
}

/// Leaves the file to its owner alone (mode 0600).
///
/// # Errors
/// What the file system refuses.
pub fn restrict(path: &Path) -> Result<(), FileError> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).map_err(failed("restrict", path))?;
    }
    let _ = path;
    Ok(())
}

/// A file of its owner's alone (mode 0600) in the system's folder for temporary files, removed with the value.
#[derive(Debug)]
pub struct SecretFile(tempfile::TempPath);

impl SecretFile {
    /// Makes one with these bytes.
    ///
    /// # Errors
    /// What the file system refuses.
    pub fn new(bytes: &[u8]) -> Result<Self, FileError> {
        let folder = std::env::temp_dir();
        let mut builder = tempfile::Builder::new();
        builder.prefix("keyjar-").suffix(".options");
        let make = || {
            let mut file = builder.tempfile_in(&folder)?;
            file.write_all(bytes)?;
            file.flush()?;
            Ok(file.into_temp_path())
        };
        make().map(Self).map_err(failed("write", &folder))
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }
}

/// Removes a file; one that is not there is gone already.
///
/// # Errors
/// What the file system refuses.
#[expect(clippy::disallowed_methods, reason = "this is the module that touches files")]
pub fn remove_if_exists(path: &Path) -> Result<(), FileError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed("remove", path)(error)),
        _ => Ok(()),
    }
}

/// The temporary files that are being written, for who ends the process in the middle of it.
struct Pending {
    files: Vec<PathBuf>,
    /// Whether the process is about to end: no file is begun or put in place any more.
    ending: bool,
}

static PENDING: Mutex<Pending> = Mutex::new(Pending {
    files: Vec::new(),
    ending: false,
});

fn pending() -> MutexGuard<'static, Pending> {
    PENDING.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Pending {
    fn check(&self) -> io::Result<()> {
        if self.ending {
            return Err(io::Error::new(
                io::ErrorKind::Interrupted,
                "the program is being ended",
            ));
        }
        Ok(())
    }
}

/// Removes the temporary files that are being written, and lets no other be begun or put in place: to be called
/// before a signal ends the process. The files they were to replace are as they were.
#[expect(clippy::disallowed_methods, reason = "this is the module that touches files")]
pub fn abandon() {
    let mut pending = pending();
    pending.ending = true;
    for path in pending.files.drain(..) {
        // It is gone already where the rename came first.
        let _ = fs::remove_file(path);
    }
}

/// The file a path leads to through links, whether it exists or not.
fn target(path: &Path) -> Result<PathBuf, FileError> {
    let mut target = path.to_owned();
    // As many as Linux follows.
    for _ in 0..40 {
        match fs::read_link(&target) {
            Ok(next) => target = target.parent().unwrap_or(Path::new("")).join(next),
            Err(_) => return Ok(target),
        }
    }
    let source = io::Error::other("too many symbolic links");
    Err(FileError::Io {
        action: "follow",
        path: path.to_owned(),
        source,
    })
}

/// How long is waited for a lock that another process holds: long enough for twenty to write a large store.
static LOCK_TIMEOUT: Mutex<Duration> = Mutex::new(Duration::from_secs(60));

/// Sets how long [`update`] waits for a lock that another process holds; one minute unless set.
pub fn set_lock_timeout(timeout: Duration) {
    *LOCK_TIMEOUT.lock().unwrap_or_else(PoisonError::into_inner) = timeout;
}

/// An exclusive lock on the folder of what is to be written: it is there before the target is, and nothing is left
/// behind. The system drops it with the process, however that ends.
#[expect(clippy::disallowed_methods, reason = "this is the module that touches files")]
fn lock(folder: &Path, target: &Path) -> Result<File, FileError> {
    let file = File::open(folder).map_err(failed("write", target))?;
    match file.try_lock() {
        Ok(()) => return Ok(file),
        Err(fs::TryLockError::Error(source)) => return Err(failed("lock", folder)(source)),
        Err(fs::TryLockError::WouldBlock) => {}
    }
    // The system queues who waits for a lock but knows no time-out: a thread waits for it instead of this one.
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let locked = file.lock();
        // Where nobody waits any more, the lock goes with the file.
        let _ = sender.send(locked.map(|()| file));
    });
    let timeout = *LOCK_TIMEOUT.lock().unwrap_or_else(PoisonError::into_inner);
    match receiver.recv_timeout(timeout) {
        Ok(locked) => locked.map_err(failed("lock", folder)),
        Err(_) => Err(FileError::Locked {
            path: target.to_owned(),
            holder: holder(folder),
        }),
    }
}

/// The process that holds the lock of a folder, where the system tells: `process 1234 (keyjar)`.
#[cfg(target_os = "linux")]
#[expect(clippy::disallowed_methods, reason = "this is the module that touches files")]
fn holder(folder: &Path) -> Option<String> {
    use std::os::unix::fs::MetadataExt;
    // `1: FLOCK  ADVISORY  WRITE 1234 08:01:5678 0 EOF`, the last but two being device and inode (proc_locks(5)).
    let inode = format!(":{}", fs::metadata(folder).ok()?.ino());
    let locks = fs::read_to_string("/proc/locks").ok()?;
    let fields = locks
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .find(|fields| {
            fields.get(1) == Some(&"FLOCK") && fields.get(5).is_some_and(|file| file.ends_with(&inode))
        })?;
    let process = fields.get(4)?;
    let name = fs::read_to_string(format!("/proc/{process}/comm")).unwrap_or_default();
    Some(format!("process {process} ({})", name.trim()))
}

#[cfg(not(target_os = "linux"))]
fn holder(_: &Path) -> Option<String> {
    None
}

/// Removes what a process left that was killed while it wrote, an hour ago or earlier: it may hold a key.
#[expect(clippy::disallowed_methods, reason = "this is the module that touches files")]
fn sweep(folder: &Path) {
    let is_old = |entry: &fs::DirEntry| {
        let modified = entry.metadata().and_then(|metadata| metadata.modified());
        modified.is_ok_and(|time| time.elapsed().is_ok_and(|age| age > STALE))
    };
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with(PREFIX) && name.ends_with(SUFFIX) && is_old(&entry) {
            // Who may not remove it is not the one it belongs to.
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// No write takes as long.
const STALE: Duration = Duration::from_secs(3600);
const PREFIX: &str = ".keyjar-";
const SUFFIX: &str = ".tmp";

fn folder(target: &Path) -> &Path {
    target
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

fn replace(target: &Path, bytes: &[u8], sensitive: bool) -> io::Result<()> {
    stage(target, bytes, sensitive)?.put(target)?;
    sync_folder(folder(target))
}

/// The rename itself is on the disk when the folder is.
fn sync_folder(folder: &Path) -> io::Result<()> {
    OpenOptions::new().read(true).open(folder)?.sync_all()
}

/// A new file beside the one whose place it is to take; gone with this value unless it was put there. It is closed:
/// a process may have a thousand files open, and here may be more.
struct Staged {
    file: Option<TempPath>,
    path: PathBuf,
}

impl Staged {
    /// A new temporary file, which is known as such before anything can end the process.
    fn begin(builder: &tempfile::Builder<'_, '_>, folder: &Path) -> io::Result<(Self, File)> {
        let mut pending = pending();
        pending.check()?;
        let (open, file) = builder.tempfile_in(folder)?.into_parts();
        let path = file.to_path_buf();
        pending.files.push(path.clone());
        let staged = Self {
            file: Some(file),
            path,
        };
        Ok((staged, open))
    }

    fn put(mut self, target: &Path) -> io::Result<()> {
        let pending = pending();
        pending.check()?;
        match self.file.take() {
            Some(file) => file.persist(target).map_err(|error| error.error),
            None => Ok(()),
        }
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        drop(self.file.take());
        pending().files.retain(|file| *file != self.path);
    }
}

/// Writes the new file, with the old one's mode and owner, down to the disk.
#[expect(clippy::disallowed_methods, reason = "this is the module that touches files")]
fn stage(target: &Path, bytes: &[u8], sensitive: bool) -> io::Result<Staged> {
    if target.is_dir() {
        return Err(io::Error::from(io::ErrorKind::IsADirectory));
    }
    stage_as(target, bytes, sensitive, fs::metadata(target).ok().as_ref())
}

/// The same with the mode and owner of a file that may be another.
fn stage_as(target: &Path, bytes: &[u8], sensitive: bool, old: Option<&fs::Metadata>) -> io::Result<Staged> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(PREFIX).suffix(SUFFIX);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(if sensitive { 0o600 } else { 0o644 }));
    }
    let (staged, mut file) = Staged::begin(&builder, folder(target))?;
    fill(&mut file, bytes, old)?;
    Ok(staged)
}

fn fill(file: &mut File, bytes: &[u8], old: Option<&fs::Metadata>) -> io::Result<()> {
    file.write_all(bytes)?;
    if let Some(old) = old {
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt;
            // Only root may give files away; for others the new file is theirs, as the old one was.
            let _ = std::os::unix::fs::fchown(&*file, Some(old.uid()), Some(old.gid()));
        }
        file.set_permissions(old.permissions())?;
    }
    file.sync_all()
}
