// One slot of named memory and an event, as .NET programs use MemoryMappedFile and EventWaitHandle: the
// memory NAMEFile of 1024 bytes holds one text, and the auto-reset event NAME says that it is there.
//
//   mmf read NAME COUNT    waits for the event, prints the text up to the first zero; clears nothing
//   mmf take NAME COUNT    the same, and puts zeros over the text once it has read it
//   mmf write NAME TEXT..  naive: writes its bytes and sets the event, whatever stands there; as the
//                          memory goes with its last holder, it ends when the text is gone, or a second later
//   mmf post NAME TEXT..   polite: waits for a zero at the start, writes, sets the event; for the last
//                          TEXT too it waits until it is gone
//   mmf set NAME           sets the event and writes nothing, which is what a receiver meets when its
//                          text was written over while it read the one before
//
// A receiver prints "ready" once the event exists, then "got: TEXT" for each of COUNT texts. As the usual
// sample does, it opens the memory when it is woken and not before. All text is UTF-8. Everyone gives up
// after twenty seconds. An error goes to stderr with the number of GetLastError and ends with 1.
#include <windows.h>
#include <fcntl.h>
#include <io.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CAPACITY = 1024, GIVE_UP_MILLISECONDS = 20000, STAY_MILLISECONDS = 1000, POLL_MILLISECONDS = 1 };

static void fail(const char *what)
{
    fprintf(stderr, "error: %s: %lu\n", what, GetLastError());
    exit(1);
}

static HANDLE section(const wchar_t *name)
{
    wchar_t full[300];
    swprintf(full, 300, L"%lsFile", name);
    HANDLE made = CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, CAPACITY, full);
    if (!made) fail("CreateFileMapping");
    return made;
}

static volatile char *map(HANDLE memory)
{
    volatile char *view = MapViewOfFile(memory, FILE_MAP_READ | FILE_MAP_WRITE, 0, 0, CAPACITY);
    if (!view) fail("MapViewOfFile");
    return view;
}

static HANDLE event(const wchar_t *name)
{
    HANDLE made = CreateEventW(NULL, FALSE, FALSE, name);
    if (!made) fail("CreateEvent");
    return made;
}

static void set(HANDLE bell)
{
    if (!SetEvent(bell)) fail("SetEvent");
}

static void receive(const wchar_t *name, int count, BOOL clears)
{
    HANDLE bell = event(name);
    puts("ready");
    while (count-- > 0) {
        if (WaitForSingleObject(bell, GIVE_UP_MILLISECONDS) != WAIT_OBJECT_0) fail("nothing came");
        HANDLE memory = section(name);
        volatile char *view = map(memory);
        char text[CAPACITY + 1] = "";
        for (int i = 0; i < CAPACITY && view[i]; i++) text[i] = view[i];
        // From the end, so that the slot is empty when all of it is.
        for (int i = strlen(text) - 1; clears && i >= 0; i--) view[i] = 0;
        UnmapViewOfFile((void *)view);
        CloseHandle(memory);
        printf("got: %s\n", text);
    }
}

static BOOL is_empty_within(volatile char *view, int milliseconds)
{
    for (int i = 0; view[0]; i++) {
        if (i == milliseconds / POLL_MILLISECONDS) return FALSE;
        Sleep(POLL_MILLISECONDS);
    }
    return TRUE;
}

static void wait_until_empty(volatile char *view)
{
    if (!is_empty_within(view, GIVE_UP_MILLISECONDS)) fail("the slot stays full");
}

static void send_all(const wchar_t *name, int count, wchar_t **texts, BOOL polite)
{
    HANDLE bell = event(name);
    volatile char *view = map(section(name));
    for (int i = 0; i < count; i++) {
        char text[CAPACITY + 1];
        int length = WideCharToMultiByte(CP_UTF8, 0, texts[i], -1, text, sizeof text, NULL, NULL);
        if (!length) fail("WideCharToMultiByte");
        if (polite) wait_until_empty(view);
        // Not the zero behind it, and the first byte last, so that a slot that is empty stays so.
        for (int at = length - 2; at >= 0; at--) view[at] = text[at];
        set(bell);
    }
    if (polite) wait_until_empty(view);
    else is_empty_within(view, STAY_MILLISECONDS);
}

int wmain(int argc, wchar_t **argv)
{
    const wchar_t *mode = argc > 2 ? argv[1] : L"";
    const wchar_t *name = argc > 2 ? argv[2] : L"";
    int count = argc > 3 ? _wtoi(argv[3]) : 0;
    // Whoever started this reads a pipe, and wants each line at once and without a carriage return.
    setvbuf(stdout, NULL, _IONBF, 0);
    _setmode(_fileno(stdout), _O_BINARY);

    if (!wcscmp(mode, L"read")) receive(name, count, FALSE);
    else if (!wcscmp(mode, L"take")) receive(name, count, TRUE);
    else if (!wcscmp(mode, L"write")) send_all(name, argc - 3, argv + 3, FALSE);
    else if (!wcscmp(mode, L"post")) send_all(name, argc - 3, argv + 3, TRUE);
    else if (!wcscmp(mode, L"set")) set(event(name));
    else {
        fputs("usage: mmf MODE NAME [COUNT|TEXT..]\n", stderr);
        return 2;
    }
    return 0;
}
