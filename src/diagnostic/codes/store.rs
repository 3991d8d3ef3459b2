//! SY08xx: the files on disk.

use super::codes;

codes! {
    /// The device fails; 503.
    UNAVAILABLE = "SY0801" Error {
        en: "the store cannot be read or written now: {reason}",
        zh: "存储当前无法读写：{reason}",
        help_en: "Nothing of this request was kept. Check the free space and the disk; the service goes on by itself when it can, so send the request again.",
        help_zh: "此请求未保存任何内容。请检查剩余空间和磁盘；恢复后服务会自动继续，请重新发送。",
    }
    /// A checksum fails.
    DAMAGED = "SY0802" Error {
        en: "the store is damaged: {reason}",
        zh: "存储已损坏：{reason}",
        help_en: "Stop the service and restore the workspace from a backup. No number is given out from damaged data.",
        help_zh: "请停止服务并从备份恢复该工作区。系统不会用损坏的数据给出数值。",
    }
    /// A second process.
    ALREADY_OPEN = "SY0803" Error {
        en: "{path} is open in another process",
        zh: "{path} 已被另一个进程打开",
        help_en: "Only one process may use a data directory. Stop the other one, or give this one another `--data`.",
        help_zh: "一个数据目录只能由一个进程使用。请停止另一个进程，或为本进程指定另外的 `--data`。",
    }
    /// The database file is gone.
    MISSING = "SY0804" Error {
        en: "{path} is missing or empty, although the files beside it say that data was stored there",
        zh: "{path} 缺失或为空，但旁边的文件表明此处曾存有数据",
        help_en: "Restore all files of the store from the same backup: database, journal and identity. To begin anew on purpose, remove all three.",
        help_zh: "请从同一备份恢复该存储的全部文件：数据库、日志和身份文件。如确需重新开始，请将三者一并删除。",
    }
    /// Written by a later version.
    NEWER = "SY0805" Error {
        en: "the data was written by a later version of steelyard (format {format})",
        zh: "数据由更新版本的 steelyard 写入（格式 {format}）",
        help_en: "Use that version, or restore a backup that this one wrote.",
        help_zh: "请使用该版本，或恢复由当前版本写入的备份。",
    }
    /// An id that names nothing; 404.
    UNKNOWN_ID = "SY0806" Error {
        en: "there is no {what} `{id}`",
        zh: "不存在{what} `{id}`",
        help_en: "List what there is and use one of its ids.",
        help_zh: "请先列出现有项目并使用其中的编号。",
    }
    /// A workspace whose files are gone.
    WORKSPACE_LOST = "SY0807" Error {
        en: "the files of the workspace `{name}` are missing",
        zh: "工作区 `{name}` 的文件缺失",
        help_en: "Restore the directory `{name}` of the data directory from a backup.",
        help_zh: "请从备份恢复数据目录中的 `{name}` 目录。",
    }
    /// Written by an earlier version whose files are not read any more.
    OLDER = "SY0808" Error {
        en: "the data was written by an earlier version of steelyard (format {format}), which this one does not read",
        zh: "数据由较早版本的 steelyard 写入（格式 {format}），当前版本无法读取",
        help_en: "Use that version, or send the events to a new data directory.",
        help_zh: "请使用该版本，或将事件重新发送到新的数据目录。",
    }
}
