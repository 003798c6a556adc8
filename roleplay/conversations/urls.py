from django.urls import path

from roleplay.conversations import acts, search_views, transcript_views, views

urlpatterns = [
    path("characters/<uuid:pk>/chat/", acts.start_chat, name="start_chat"),
    path("chats/", views.chats, name="chats"),
    path("chats/programs/", views.program_chats, name="program_chats"),
    path("chats/search/", search_views.search, name="search_chats"),
    path("chats/import/", transcript_views.import_chats, name="import_chats"),
    path("chats/import/<uuid:name>/", transcript_views.check_import, name="check_import"),
    path("chats/<uuid:pk>/", views.chat, name="chat"),
    path("chats/<uuid:pk>/export/", transcript_views.export_chat, name="export_chat"),
    path("chats/<uuid:pk>/transcript/", transcript_views.transcript, name="transcript"),
    path("chats/<uuid:pk>/earlier/", views.earlier, name="earlier"),
    path("chats/<uuid:pk>/messages/", acts.create_message, name="create_message"),
    path("chats/<uuid:pk>/draft/", acts.save_draft, name="save_draft"),
    path("chats/<uuid:pk>/persona/", acts.choose_persona, name="choose_persona"),
    path("chats/<uuid:pk>/title/", acts.rename_chat, name="rename_chat"),
    path("chats/<uuid:pk>/delete/", acts.delete_chat, name="delete_chat"),
    path("messages/<int:pk>/regenerate/", acts.regenerate, name="regenerate"),
    path("messages/<int:pk>/continue/", acts.continue_reply, name="continue_reply"),
    path("messages/<int:pk>/select/", acts.select_swipe, name="select_swipe"),
    path("messages/<int:pk>/answer/", acts.answer_tool, name="answer_tool"),
    path("messages/<int:pk>/sent/", views.sent, name="sent"),
    path("replies/<uuid:key>/", views.reply, name="reply"),
    path("replies/<uuid:key>/events/", views.reply_events, name="reply_events"),
    path("replies/<uuid:key>/stop/", acts.stop_reply, name="stop_reply"),
]
